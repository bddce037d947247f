"""The embedded ClickHouse: what its HTTP door costs over the engine alone, insert rates, memory.

Prints medians and their ratio to a bare `SELECT 1` inside the engine's own process,
because machines differ: `python bench/bench_warehouse.py`.
"""

import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate
from oonib.warehouse.tables import CITIZENLAB_COLUMNS, FASTPATH_COLUMNS

from support.clickhouse import EmbeddedServer

LOOKUP = "SELECT measurement_uid, input, scores FROM {table} WHERE measurement_uid = "
IN_PROCESS = """
import statistics, sys, time
from chdb import _chdb
connection = _chdb.connect(sys.argv[1])
def median(sql, params):
    times = []
    for _ in range(200):
        start = time.perf_counter()
        connection.query(sql, "Native", params=params).bytes()
        times.append(time.perf_counter() - start)
    return statistics.median(times) * 1000
print(median("SELECT 1", {}), median(sys.argv[2], {"uid": "20240501" + "1500000"}))
"""
NOW = datetime.now(UTC).replace(microsecond=0)


def median_ms(call: Callable[[], object], times: int = 200) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def measurement(number: int) -> list[object]:
    values: dict[str, object] = dict.fromkeys(FASTPATH_COLUMNS, "")
    values |= {"measurement_uid": f"u{number}", "report_id": f"r{number // 50}", "probe_cc": "IT"}
    values |= {
        "input": f"http://site{number % 30000}.org/",
        "probe_asn": 30722,
        "test_name": "web_connectivity",
    }
    values |= {"test_start_time": NOW, "measurement_start_time": NOW - timedelta(seconds=number % 500_000)}
    values |= {"scores": '{"blocking_general":0.0}', "test_runtime": 1.0, "ooni_run_link_id": None}
    return [values[name] for name in FASTPATH_COLUMNS]


def insert_ms(warehouse: Warehouse, size: int, start: int, repeats: int = 9) -> float:
    batches = [[measurement(start + size * k + n) for n in range(size)] for k in range(repeats)]
    return median_ms(lambda: warehouse.insert("fastpath", FASTPATH_COLUMNS, batches.pop()), repeats)


def fill(warehouse: Warehouse) -> None:
    warehouse.insert(
        "citizenlab",
        CITIZENLAB_COLUMNS,
        [("site.org", f"http://site{n}.org/", "it", "NEWS") for n in range(30_000)],
    )
    warehouse.command(
        "INSERT INTO fastpath (measurement_uid, report_id, input, probe_cc, measurement_start_time, scores)"
        " SELECT '20240501' || toString(number), toString(intDiv(number, 50)), toString(number % 30000), 'IT',"  # noqa: E501
        " toDateTime('2024-05-01') + intDiv(number, 2), '{}' FROM numbers(2000000)",
        timeout=300,
    )


def rss_mb(server: EmbeddedServer) -> float:
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0]) / 1024


def in_process(directory: Path) -> tuple[float, float]:
    sql = LOOKUP.format(table="ooni.fastpath") + "{uid:String}"
    command = [sys.executable, "-c", IN_PROCESS, str(directory / "engine"), sql]
    first, second = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return float(first), float(second)


def lookup_under_load(warehouse: Warehouse, lookup: Callable[[], object]) -> float:
    stop = threading.Event()

    def load() -> None:
        while not stop.is_set():
            warehouse.select("SELECT uniqExact(measurement_uid, input) FROM fastpath", timeout=120)

    thread = threading.Thread(target=load)
    thread.start()
    try:
        return median_ms(lookup)
    finally:
        stop.set()
        thread.join()


def main() -> None:
    with tempfile.TemporaryDirectory() as name, EmbeddedServer(Path(name)) as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        print(f"memory after migrations        {rss_mb(server):8.0f} MB")
        fill(warehouse)
        sql = LOOKUP.format(table="fastpath") + "{uid:String}"

        def lookup() -> object:
            return warehouse.select(sql, {"uid": "202405011500000"})

        one, point = median_ms(lambda: warehouse.select("SELECT 1")), median_ms(lookup)
        loaded = lookup_under_load(warehouse, lookup)
        inserts = {size: insert_ms(warehouse, size, size * 1000) for size in (1, 100, 1000, 10_000)}
        warehouse.command("DROP VIEW counted_measurements_view")
        bare = {size: insert_ms(warehouse, size, 10**8 + size * 1000) for size in (1, 1000)}
        stream = median_ms(lambda: sum(1 for _ in warehouse.stream("SELECT number FROM numbers(1000000)")), 5)
        print(f"memory after the benchmark     {rss_mb(server):8.0f} MB")
        warehouse.close()
        server.stop()
        base, direct = in_process(server.directory)
        server.start()
    rows = [("SELECT 1 in the engine's process", base), ("SELECT 1 over HTTP", one)]
    rows += [("lookup of a uid in the process", direct), ("lookup of a uid over HTTP", point)]
    rows += [("lookup beside a heavy query", loaded), ("stream of 1,000,000 rows", stream)]
    rows += [(f"insert of {size}, with counters", taken) for size, taken in inserts.items()]
    rows += [(f"insert of {size}, without counters", taken) for size, taken in bare.items()]
    for label, taken in rows:
        print(f"{label:<34}{taken:10.2f} ms {taken / base:10.1f} x SELECT 1")


if __name__ == "__main__":
    main()
