"""The pages over many measurements: how long the HTML of each takes, first and warm, and what it weighs.

`python -m bench pages [ROWS]` loads ROWS measurements (10 million unless told otherwise) over 30 days, starts
one API worker on them and asks for each page: the first answer, then the median and the longest of 15 more.
"""

import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx

from bench.bench_queries import OURS, load
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer
from support.processes import Oonib

DAYS = 30
TURNS = 15
PAGES = (
    "/",
    "/search",
    "/search?probe_cc=IR&anomaly=true",
    "/search?domain=www.site7.org",
    "/m/{uid}",
    "/chart/mat",
    "/chart/mat?probe_cc=IR",
    "/chart/mat?axis_x=measurement_start_day&axis_y=probe_cc",
    "/chart/mat?probe_cc=IR&axis_x=domain",
    "/countries",
    "/country/US",
    "/country/IR",
    "/networks",
    "/as/707",
    "/domains",
    "/domain/www.site7.org",
    "/findings",
    "/runs",
    "/priorities",
    "/priorities/preview?cc=IR",
    "/status",
    "/data",
    "/docs",
)


def measure(client: httpx.Client, path: str) -> str:
    """A line of the table, in milliseconds and KB as sent."""
    taken = []
    for _ in range(TURNS + 1):
        start = time.perf_counter()
        with client.stream("GET", path) as answer:
            size = sum(len(piece) for piece in answer.iter_raw())
        taken.append((time.perf_counter() - start) * 1000)
    first, *warm = taken
    told = (statistics.median(warm), max(warm), size / 1000)
    return f"{answer.status_code} {first:8.0f} " + " ".join(f"{figure:8.1f}" for figure in told)


def main() -> None:
    """Print the table."""
    given = [int(text) for text in sys.argv[1:] if text.isdigit()]
    rows = given[0] if given else 10_000_000
    with EmbeddedServer() as server, tempfile.TemporaryDirectory() as name:
        warehouse = Warehouse.connect(server.url, timeout=1800)
        migrate(warehouse)
        start = time.perf_counter()
        load(warehouse, rows, DAYS, ("fastpath",))
        for table in OURS:
            warehouse.command(f"OPTIMIZE TABLE {table} FINAL")
        print(f"{rows:,} measurements over {DAYS} days, loaded in {time.perf_counter() - start:.0f} s")
        uid = warehouse.select("SELECT measurement_uid AS u FROM fastpath ORDER BY cityHash64(u) LIMIT 1")[0][
            "u"
        ]
        with Oonib(
            "api",
            data_dir=Path(name),
            workers=1,
            clickhouse_url=server.url,
            quota_unmetered_networks="127.0.0.0/8",
        ) as api:
            headers = {"Accept-Encoding": "gzip"}
            with httpx.Client(base_url=api.url, timeout=60, headers=headers) as client:
                print(f"{'':58} {'first':>8} {'median':>8} {'longest':>8} {'KB':>8}")
                for path in PAGES:
                    print(f"{path:53} {measure(client, path.replace('{uid}', uid))}", flush=True)
        warehouse.close()


if __name__ == "__main__":
    main()
