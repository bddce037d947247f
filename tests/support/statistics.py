"""The statistics over a real ClickHouse, and the same numbers by going through every measurement."""

import random
from collections import Counter
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from fastapi import FastAPI

from oonib.app import errors
from oonib.measurements.statistics import Statistics
from oonib.measurements.statistics.routes import router
from oonib.warehouse.client import Warehouse

from support.serving import Client, measurement

BASE_URL = "https://api.example.org"
NOW = datetime(2026, 3, 5, 10, 30, tzinfo=UTC)
TODAY = NOW.date()
TESTS = ("web_connectivity", "telegram", "signal", "tor", "torsf", "vanilla_tor", "ndt", "openvpn")
PLACES = ("IT", "BR", "ZZ", "EU")
NETWORKS = (0, 1267, 28573, 4_200_000)
DOMAINS = ("site.example", "www.news.example", "other.example")

Row = dict[str, Any]


class Backend:
    """The endpoints, and what is needed to ask them."""

    def __init__(self, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.now = NOW
        self.statistics = Statistics.build(warehouse=warehouse, base_url=BASE_URL, clock=lambda: self.now)
        app = FastAPI()
        errors.install(app)
        app.include_router(router(self.statistics))
        self.client = Client(app)

    def close(self) -> None:
        self.statistics.close()

    def insert(self, rows: Iterable[Row]) -> None:
        """Rows of `fastpath`."""
        full = [measurement(**row) for row in rows]
        self.warehouse.insert("fastpath", list(full[0]), [list(row.values()) for row in full])

    def get(self, name: str, **parameters: Any) -> Any:
        """The answer of a request that works."""
        response = self.client.get(f"/api/_/{name}", params=parameters)
        assert response.status_code == 200, response.text
        return response.json()


def crowd(count: int, seed: int = 7) -> list[Row]:
    """Measurements all over the windows of the statistics and around their ends, in random places."""
    rng = random.Random(seed)
    return [_one(rng, number) for number in range(count)]


def scored_again(rows: list[Row], seed: int = 8) -> list[Row]:
    """The rows with other outcomes, as a later scoring writes them."""
    rng = random.Random(seed)
    return [row | _outcome(rng) for row in rows]


def _one(rng: random.Random, number: int) -> Row:
    domain = rng.choice(DOMAINS)
    test = rng.choice(TESTS)
    return {
        "measurement_uid": f"20260302100000.{number:06}_BR_x_0123456789abcdef",
        "probe_cc": rng.choice(PLACES),
        "probe_asn": rng.choice(NETWORKS),
        "test_name": test,
        "input": f"https://{domain}/{rng.randrange(3)}" if test == "web_connectivity" else "",
        "domain": domain if test == "web_connectivity" else "",
        "measurement_start_time": _moment(rng),
        **_outcome(rng),
    }


def _moment(rng: random.Random) -> datetime:
    back = rng.choice([rng.randrange(40), rng.randrange(40), rng.randrange(200), rng.randrange(900)])
    second = rng.choice([0, 1, 86399, rng.randrange(86400)])
    return datetime.combine(TODAY - timedelta(days=back), time(), UTC) + timedelta(seconds=second)


def _outcome(rng: random.Random) -> Row:
    runtime = rng.choice(["", f', "extra": {{"test_runtime": {rng.randrange(1, 100)}.5}}'])
    return {
        "anomaly": rng.choice("tff"),
        "confirmed": rng.choice("tffff"),
        "msm_failure": rng.choice("tfff"),
        "scores": f'{{"blocking_general": 0.0{runtime}}}',
    }


def day(row: Row) -> date:
    """The UTC day of a measurement."""
    found: date = row["measurement_start_time"].date()
    return found


def within(rows: Iterable[Row], since: date, until: date, **values: Any) -> list[Row]:
    """Those from the start of `since` to before the start of `until` whose columns have these values."""
    return [
        row
        for row in rows
        if since <= day(row) < until and all(row[key] == value for key, value in values.items())
    ]


def after(rows: Iterable[Row], since: date) -> list[Row]:
    """Those later than the first moment of `since`."""
    return [row for row in rows if row["measurement_start_time"] > datetime.combine(since, time(), UTC)]


def distinct(rows: Iterable[Row], key: str) -> int:
    """How many values a column has."""
    return len({row[key] for row in rows})


def grouped(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    """The rows by a key."""
    groups: dict[Any, list[Row]] = {}
    for row in rows:
        groups.setdefault(key(row), []).append(row)
    return groups


def flags(rows: list[Row]) -> dict[str, int]:
    """The four counts, each on its own."""
    counted = Counter(
        {"total_count": len(rows), "anomaly_count": 0, "confirmed_count": 0, "failure_count": 0}
    )
    for row in rows:
        counted["anomaly_count"] += row["anomaly"] == "t"
        counted["confirmed_count"] += row["confirmed"] == "t"
        counted["failure_count"] += row["msm_failure"] == "t"
    return dict(counted)
