"""Check-in over HTTP: rate of one worker and latency at 100 a second, with long lists and many counters.

40,000 list entries, a million counter rows, then ten million. Ratios are to `/version` of the same worker,
measured in the same run.
"""

import asyncio
import random
import statistics
import tempfile
import time
from pathlib import Path

import psutil

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

from support.clickhouse import EmbeddedServer
from support.processes import Oonib

COUNTRIES = [f"{first}{second}" for first in "ABCDEFGHIJ" for second in "ABCDEFGHIJ"]
CODES = ("NEWS", "HUMR", "MISC", "SRCH", "GRP", "FILE", "REL", "POLR")
GLOBAL_ENTRIES, COUNTRY_ENTRIES = 2_000, 380
NETWORKS = 5_000
_FILL = """
INSERT INTO counters_asn_test_list
SELECT toDateTime(toStartOfWeek(now())), {countries:Array(String)}[1 + number % 100],
    1 + intDiv(number, 100) % 50,
    'https://global' || toString(intDiv(number, 5000) % 2000) || '.example/', 1 + number % 7
FROM numbers({start:UInt64}, {rows:UInt64})
"""


def fill_lists(warehouse: Warehouse) -> None:
    """2,000 global entries and 380 of each of a hundred countries: 40,000 in all."""
    rows = [
        (f"global{n}.example", f"https://global{n}.example/", "ZZ", CODES[n % 8])
        for n in range(GLOBAL_ENTRIES)
    ]
    rows += [
        (f"{cc}{n}.example", f"https://{cc}{n}.example/", cc.lower(), CODES[n % 8])
        for cc in COUNTRIES
        for n in range(COUNTRY_ENTRIES)
    ]
    warehouse.insert("citizenlab", CITIZENLAB_COLUMNS, rows)


def fill_counters(warehouse: Warehouse, start: int, rows: int) -> None:
    """Rows of 5,000 networks, each with as many URLs as there is room for."""
    given = {"countries": COUNTRIES, "start": start, "rows": rows}
    warehouse.command(_FILL, given, timeout=600)


def check_in(network: int, run_type: str = "timed") -> bytes:
    """One check-in as it goes over the wire."""
    cc, asn = COUNTRIES[network % 100], 1 + network // 100
    body = (
        f'{{"run_type":"{run_type}","charging":true,"on_wifi":true,"platform":"android","probe_cc":"{cc}",'
        f'"probe_asn":"AS{asn}","software_name":"miniooni","software_version":"3.20.0",'
        '"web_connectivity":{"category_codes":[]}}'
    ).encode()
    return b"POST /api/v1/check-in HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % len(body) + body


VERSION = b"GET /version HTTP/1.1\r\nHost: x\r\n\r\n"


def run(
    port: int, wire: list[bytes], *, rate: float | None = None, connections: int = 16
) -> tuple[float, list[float]]:
    """Answers a second, and seconds of each."""
    return asyncio.run(_run(port, wire, rate, connections))


async def _run(
    port: int, wire: list[bytes], rate: float | None, connections: int
) -> tuple[float, list[float]]:
    queue = iter(enumerate(wire))
    taken: list[float] = []
    started = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
        for number, request in queue:
            due = started + number / rate if rate else 0.0
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            # From when it was due: a server that stalls makes later requests wait as well.
            begun = due or time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200"), head
            await reader.readexactly(int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0]))
            taken.append(time.perf_counter() - begun)
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return len(taken) / (time.perf_counter() - started), taken


def networks(kind: str, count: int) -> list[int]:
    """Which networks check in: all alike, or most of them from the large ones, as probes do."""
    draw = random.Random(1)
    if kind == "uniform":
        return [draw.randrange(NETWORKS) for _ in range(count)]
    return [min(int(draw.paretovariate(0.6)) - 1, NETWORKS - 1) for _ in range(count)]


def processor_seconds(*processes: psutil.Process) -> float:
    """Processor time of processes and their children so far."""
    tree = [member for one in processes for member in (one, *one.children(recursive=True))]
    return sum(sum(member.cpu_times()[:2]) for member in tree)


def report(label: str, port: int, base: float, api: psutil.Process, engine: psutil.Process) -> None:
    """Rate, latency and processor time with both mixes of networks."""
    for kind in ("pareto", "uniform"):
        before = processor_seconds(api), processor_seconds(engine)
        rate, _ = run(port, [check_in(one) for one in networks(kind, 3000)])
        spent = processor_seconds(api) - before[0], processor_seconds(engine) - before[1]
        _, taken = run(port, [check_in(one) for one in networks(kind, 2000)], rate=100, connections=32)
        cuts = statistics.quantiles(taken, n=100)
        print(
            f"{label}, {kind:<8} {rate:7.0f}/s {rate / base:5.2f} x /version, at 100/s:"
            f" median {cuts[49] * 1000:6.1f} ms p99 {cuts[98] * 1000:6.1f} ms,"
            f" processor time of one: {spent[0] / 3:5.2f} ms + {spent[1] / 3:5.2f} ms in ClickHouse"
        )
    rate, taken = run(port, [check_in(one, "manual") for one in networks("pareto", 300)], connections=4)
    print(f"{label}, whole list {rate:5.0f}/s {rate / base:5.2f} x /version")


def main() -> None:
    """Print the table."""
    with tempfile.TemporaryDirectory() as name, EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        fill_lists(warehouse)
        fill_counters(warehouse, 0, 1_000_000)
        with Oonib("api", data_dir=Path(name), clickhouse_url=server.url, workers=1) as api:
            processes = api.tree()[0], psutil.Process(server.process.pid if server.process else None)
            run(api.port, [check_in(one) for one in range(100)])
            base, _ = run(api.port, [VERSION] * 3000)
            print(f"/version of the same worker   {base:7.0f}/s")
            report("1 million counter rows", api.port, base, *processes)
            fill_counters(warehouse, 1_000_000, 9_000_000)
            report("10 million counter rows", api.port, base, *processes)
        warehouse.close()


if __name__ == "__main__":
    main()
