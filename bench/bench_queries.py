"""Questions people ask, over this program's tables and over OONI's production table, in the same engine.

`python -m bench queries [ROWS]` loads ROWS measurements (10 million unless told otherwise) over a year, then
over 7 days as production has them, into both; prints the median of each question as loaded and after months
were tidied, and what it gains. Production's table is read as production reads it: each version of a
measurement counts. Ours counts a measurement once.
"""

import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from oonib.measurements.aggregation.query import counting
from oonib.measurements.aggregation.reading import read_aggregation
from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.filters import read_search
from oonib.measurements.schema import SearchParameters
from oonib.measurements.store import MeasurementStore
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer

END = datetime(2026, 11, 22, tzinfo=UTC)
TURNS = 7
PARTS = 20
OURS = ("fastpath", "fastpath_axes", "fastpath_uids")

PRODUCTION = """
CREATE TABLE production (
    measurement_uid String, report_id String, input String, probe_cc LowCardinality(String), probe_asn Int32,
    test_name LowCardinality(String), test_start_time DateTime, measurement_start_time DateTime,
    filename String, scores String, platform String, anomaly String, confirmed String, msm_failure String,
    domain String, software_name String, software_version String, control_failure String,
    blocking_general Float32, is_ssl_expected Int8, page_len Int32, page_len_ratio Float32, server_cc String,
    server_asn Int8, server_as_name String, update_time DateTime64(3) MATERIALIZED now64(),
    test_version String, architecture String, engine_name LowCardinality(String), engine_version String,
    test_runtime Float32, blocking_type String, test_helper_address LowCardinality(String),
    test_helper_type LowCardinality(String), ooni_run_link_id Nullable(UInt64),
    is_verified LowCardinality(String) DEFAULT 'u',
    INDEX report_id_idx report_id TYPE minmax GRANULARITY 1,
    INDEX measurement_uid_idx measurement_uid TYPE minmax GRANULARITY 8
) ENGINE = ReplacingMergeTree(update_time)
ORDER BY (measurement_start_time, report_id, input, measurement_uid)
"""

COLUMNS = (
    "measurement_uid, report_id, input, probe_cc, probe_asn, test_name, test_start_time,"
    " measurement_start_time, scores, platform, anomaly, confirmed, msm_failure, domain, software_name,"
    " software_version, test_version, architecture, engine_name, engine_version, test_runtime,"
    " test_helper_address, test_helper_type"
)
# A fiftieth arrives up to a week late; few countries and sites have most measurements.
GENERATED = """
WITH
    cityHash64(number, 1) AS h1, cityHash64(number, 2) AS h2, cityHash64(number, 3) AS h3,
    cityHash64(number, 4) AS h4,
    toDateTime('2026-11-22 00:00:00', 'UTC')
        - toIntervalSecond(intDiv(({rows:UInt64} - number) * {days:UInt64} * 86400, {rows:UInt64}))
        AS arrived,
    arrived - toIntervalSecond(if(h1 % 50 = 0, h2 % 604800, h2 % 120)) AS started,
    ['US','DE','RU','IT','IR','BR','IN','GB','FR','VE','TR','UA','ES','CA','EG','MM','ID','MY','CN','KZ']
        AS many,
    if(
        h4 % 20 = 0,
        concat(char(65 + h3 % 26), char(65 + intDiv(h3, 26) % 26)),
        arrayElement(many, toUInt32(1 + floor(20 * pow((h3 % 1000000) / 1000000, 2.2))))
    ) AS cc,
    ['web_connectivity','telegram','signal','whatsapp','facebook_messenger','tor','psiphon',
     'http_header_field_manipulation','dash','ndt'] AS nettests,
    arrayElement(nettests, toUInt32(1 + if(h2 % 100 < 82, 0, 1 + h2 % 9))) AS nettest,
    toUInt32(floor(3000 * pow((h4 % 1000000) / 1000000, 1.6))) AS site,
    concat('www.site', toString(site), '.org') AS host,
    toString(h3 % 300 * 100 + 7) AS network
SELECT
    concat(
        formatDateTime(arrived, '%Y%m%d%H%i%S'), '.', leftPad(toString(h1 % 1000000), 6, '0'), '_', cc, '_',
        replaceAll(nettest, '_', ''), '_', lower(hex(h1))
    ) AS measurement_uid,
    concat(
        formatDateTime(arrived - toIntervalSecond(number % 40), '%Y%m%dT%H%i%SZ'), '_',
        replaceAll(nettest, '_', ''), '_', cc, '_', network, '_n1_',
        substring(lower(hex(cityHash64(intDiv(number, 40)))), 1, 16)
    ) AS report_id,
    if(nettest = 'web_connectivity', concat('https://', host, '/', if(h3 % 3 = 0, 'page', '')), '') AS input,
    cc AS probe_cc, toInt32(h3 % 300 * 100 + 7) AS probe_asn, nettest AS test_name,
    started AS test_start_time, started AS measurement_start_time,
    concat(
        '{"blocking_general":', if(h2 % 12 = 0, '1.0', '0.0'),
        ',"blocking_global":0.0,"blocking_country":0.0,"blocking_isp":0.0,"blocking_local":0.0',
        if(h2 % 12 = 0, ',"analysis":{"blocking_type":"dns"}', ''), '}'
    ) AS scores,
    arrayElement(['android', 'ios', 'linux', 'windows', 'macos'], 1 + h1 % 5) AS platform,
    if(h2 % 12 = 0, 't', 'f') AS anomaly, if(h2 % 48 = 0, 't', 'f') AS confirmed,
    if(h2 % 31 = 0, 't', 'f') AS msm_failure, if(nettest = 'web_connectivity', host, '') AS domain,
    'ooniprobe-android' AS software_name, '3.8.8' AS software_version, '0.5.28' AS test_version,
    'arm64' AS architecture, 'ooniprobe-engine' AS engine_name, '3.18.1' AS engine_version,
    1.5 AS test_runtime, 'https://0.th.ooni.org' AS test_helper_address, 'https' AS test_helper_type
FROM numbers({at:UInt64}, {count:UInt64})
"""

AGGREGATIONS: dict[str, dict[str, str]] = {
    "day, cc=IT": {"axis_x": "measurement_start_day", "probe_cc": "IT"},
    "day, cc=IT, web": {
        "axis_x": "measurement_start_day",
        "probe_cc": "IT",
        "test_name": "web_connectivity",
    },
    "day x cc, web": {
        "axis_x": "measurement_start_day",
        "axis_y": "probe_cc",
        "test_name": "web_connectivity",
    },
    "day x cc": {"axis_x": "measurement_start_day", "axis_y": "probe_cc"},
    "day, one domain": {"axis_x": "measurement_start_day", "domain": "www.site77.org"},
    "cc, one domain": {"axis_x": "probe_cc", "domain": "www.site77.org"},
    "domains of IR": {"axis_x": "domain", "probe_cc": "IR"},
    "cc of a network": {"axis_x": "probe_cc", "probe_asn": "1207"},
    "totals": {},
}
SEARCHES: dict[str, dict[str, str]] = {
    "newest 100": {},
    "newest 100, cc=IT": {"probe_cc": "IT"},
    "newest 100, web, anomaly": {"test_name": "web_connectivity", "anomaly": "true"},
    "newest 100, cc + domain": {"probe_cc": "IT", "domain": "www.site77.org"},
    "newest 100, domain": {"domain": "www.site2077.org"},
    "newest 100, rare cc": {"probe_cc": "QX"},
    "newest 100, rare cc, confirmed": {"probe_cc": "QX", "confirmed": "true"},
    "newest 100, network": {"probe_asn": "1207"},
}
USUAL = [SEARCHES[name] for name in ("newest 100", "newest 100, cc=IT", "newest 100, web, anomaly")]
BESIDE = 50
LISTED = (
    "measurement_uid, report_id, input, probe_cc, probe_asn, test_name, measurement_start_time, scores,"
    " anomaly, confirmed, msm_failure, is_verified"
)


def median_ms(call: Callable[[], object]) -> float:
    """The median of some turns after a first one that does not count."""
    call()
    taken = []
    for _ in range(TURNS):
        start = time.perf_counter()
        call()
        taken.append(time.perf_counter() - start)
    return statistics.median(taken) * 1000


def load(
    warehouse: Warehouse, rows: int, days: int, tables: Sequence[str] = ("production", "fastpath")
) -> None:
    """The same measurements into each table, in parts, as they would arrive."""
    step = max(1, rows // PARTS)
    for at in range(0, rows, step):
        values = {"rows": rows, "days": days, "at": at, "count": min(step, rows - at)}
        settings = {"max_partitions_per_insert_block": 0}
        for table in tables:
            warehouse.command(f"INSERT INTO {table} ({COLUMNS}) {GENERATED}", values, settings=settings)


def questions(warehouse: Warehouse, days: int) -> dict[str, tuple[Callable[[], Any], Callable[[], Any]]]:
    """By name: as production is asked, and as this program answers."""
    counts = AggregationStore(warehouse, most_rows=0)
    measurements = MeasurementStore(warehouse)
    found: dict[str, tuple[Callable[[], Any], Callable[[], Any]]] = {}
    window = {"since": (END - timedelta(days=days)).isoformat(), "until": END.isoformat()}
    for name, asked in AGGREGATIONS.items():
        meant = read_aggregation(AggregationParameters.model_validate({**window, **asked}), END)
        plain = counting(meant).replace("fastpath_axes FINAL", "production")
        found[name] = (
            lambda plain=plain, meant=meant: warehouse.select_rows(plain, meant.where.parameters),
            lambda meant=meant: list(counts.rows(meant, lambda _cost: None)),
        )
    for name, asked in SEARCHES.items():
        search = read_search(SearchParameters.model_validate({**asked, "until": END.isoformat()}), END)
        plain = (
            f"SELECT {LISTED} FROM production WHERE {search.where.sql}"
            " ORDER BY measurement_start_time DESC LIMIT 100"
        )
        found[name] = (
            lambda plain=plain, search=search: warehouse.select_rows(plain, search.where.parameters),
            lambda search=search: list(measurements.page(search)),
        )
    uid = warehouse.select("SELECT measurement_uid AS u FROM fastpath ORDER BY cityHash64(u) LIMIT 1")[0]["u"]
    plain = f"SELECT {LISTED} FROM production WHERE measurement_uid = {{uid:String}} LIMIT 1"
    found["one uid"] = (
        lambda: warehouse.select_rows(plain, {"uid": uid}),
        lambda: measurements.by_uid(uid),
    )
    return found


def ask_all(warehouse: Warehouse, days: int) -> dict[str, tuple[float, float]]:
    """Milliseconds of each question, production's and ours."""
    return {
        name: (median_ms(production), median_ms(ours))
        for name, (production, ours) in questions(warehouse, days).items()
    }


def ask_beside(warehouse: Warehouse, days: int) -> list[float]:
    """Milliseconds of searches, in order, while one aggregation over everything runs after the other."""
    counts, measurements = AggregationStore(warehouse, most_rows=0), MeasurementStore(warehouse)
    window = {"since": (END - timedelta(days=days)).isoformat(), "until": END.isoformat()}
    asked = {**window, "axis_x": "measurement_start_day", "axis_y": "probe_cc"}
    everything = read_aggregation(AggregationParameters.model_validate(asked), END)
    over = threading.Event()

    def count() -> None:
        while not over.is_set():
            list(counts.rows(everything, lambda _cost: None))

    counting_all = threading.Thread(target=count)
    counting_all.start()
    taken = []
    for asked in USUAL * BESIDE:
        search = read_search(SearchParameters.model_validate({**asked, "until": END.isoformat()}), END)
        start = time.perf_counter()
        list(measurements.page(search))
        taken.append((time.perf_counter() - start) * 1000)
    over.set()
    counting_all.join()
    return sorted(taken)


def bench(rows: int, days: int) -> None:
    """One table for one density."""
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url, timeout=1800)
        migrate(warehouse)
        warehouse.command(PRODUCTION)
        start = time.perf_counter()
        load(warehouse, rows, days)
        print(f"{rows:,} measurements over {days} days, loaded in {time.perf_counter() - start:.0f} s")
        one = median_ms(lambda: warehouse.select("SELECT 1"))
        loaded = ask_all(warehouse, days)
        for table in ("production", *OURS):
            warehouse.command(f"OPTIMIZE TABLE {table} FINAL")
        tidied = ask_all(warehouse, days)
        print(f"{'(SELECT 1: ' + format(one, '.1f') + ' ms)':32} {'as loaded':^26} {'after tidying':^26}")
        for name, (theirs, ours) in loaded.items():
            cells = [
                f"{theirs:9.1f} {ours:8.1f} {theirs / ours:6.1f}x"
                for theirs, ours in ((theirs, ours), tidied[name])
            ]
            print(f"{name:32} " + " ".join(cells), flush=True)
        beside = ask_beside(warehouse, days)
        middle, late = beside[len(beside) // 2], beside[int(len(beside) * 0.95)]
        print(f"{len(beside)} searches beside a count of everything: p50 {middle:.0f}, p95 {late:.0f} ms")
        sizes = "SELECT table, sum(bytes_on_disk) AS size FROM system.parts WHERE active GROUP BY table"
        for row in warehouse.select(sizes):
            if row["table"] in ("production", *OURS):
                print(f"{row['table']:20} {row['size'] / 2**20:8.0f} MiB")
        warehouse.close()


def main() -> None:
    """Both densities."""
    given = [int(text) for text in sys.argv[1:] if text.isdigit()]
    for days in (365, 7):
        bench(given[0] if given else 10_000_000, days)
        print()
