"""Check-in and prioritisation over a real ClickHouse, in this process, for tests that send many requests."""

import asyncio
import json
import random
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from oonib.app import errors
from oonib.app.client import client_address
from oonib.checkin import routes as checkin_routes
from oonib.checkin.features import Features
from oonib.checkin.prioritisation import Failover, Prioritisation, PriorityStore, Rule
from oonib.checkin.prioritisation import routes as prioritisation_routes
from oonib.checkin.prioritisation.store import Network
from oonib.checkin.service import CheckinService
from oonib.metrics import Metrics
from oonib.priorities import RuleStore
from oonib.records import Records
from oonib.records.migrating import migrate
from oonib.reference.geoip import GeoIp
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

from support import mmdb
from support.goclient import CHECK_IN, STRING, ListOf, read

ADDRESS = "192.33.4.12"
"""An address that the database knows, as US, AS2149."""

HELPERS = {"web-connectivity": [{"address": "https://th-a.example.org", "type": "https"}]}
URL_LIST = {"results": ListOf({"category_code": STRING, "country_code": STRING, "url": STRING})}
Entry = tuple[str, str, str, str]
"""Domain, URL, country, category: a row of `citizenlab`."""


class Helpers:
    """One test helper."""

    def for_checkin(self, address: str = "") -> dict[str, list[dict[str, str]]]:
        del address
        return HELPERS


class Probes:
    """The endpoints, and a probe that uses them."""

    def __init__(self, folder: Path, warehouse: Warehouse) -> None:
        self.warehouse = warehouse
        self.metrics = Metrics()
        (folder / "geoip").mkdir(parents=True)
        networks = {"192.33.4.0/24": mmdb.place("US", 2149, "PSINet"), "198.51.100.0/24": mmdb.place("BR")}
        mmdb.write(folder / "geoip" / "asn_cc.mmdb", networks)
        self.store = PriorityStore(warehouse)
        self.records = Records.open(f"sqlite:///{folder / 'records.db'}")
        migrate(self.records)
        self.rules = RuleStore(self.records)
        self.failover = Failover(folder / "checkin" / "failover.json")
        self.prioritisation = Prioritisation(
            self.store,
            self.rules,
            self.failover,
            self.metrics,
            clock=lambda: datetime.now(UTC),
            rng=random.Random(7),
        )
        service = CheckinService(
            prioritisation=self.prioritisation,
            helpers=Helpers(),
            locator=GeoIp(folder / "geoip"),
            features=Features.watch(folder / "features.json", lambda *_: None),
            metrics=self.metrics,
            collector_id="1",
            clock=lambda: datetime.now(UTC),
        )
        app = FastAPI()
        errors.install(app)
        app.include_router(checkin_routes.router(service, partial(client_address, trusted_proxies=1)))
        app.include_router(prioritisation_routes.router(self.prioritisation, self.metrics))
        self._app = app

    def close(self) -> None:
        self.prioritisation.close()
        self.records.close()

    def send(self, method: str, url: str, **options: Any) -> httpx.Response:
        """The answer, whatever it is."""
        return asyncio.run(self._send(method, url, options))

    def send_all(self, requests: Iterable[tuple[str, str, dict[str, Any]]]) -> list[httpx.Response]:
        """The answers to requests that are under way at the same time."""

        async def run() -> list[httpx.Response]:
            return await asyncio.gather(*(self._send(*one) for one in requests))

        return asyncio.run(run())

    async def _send(self, method: str, url: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.request(method, url, **options)

    def post(self, body: Any, address: str = "", **headers: str) -> httpx.Response:
        """A check-in with any body."""
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"X-Forwarded-For": address} if address else {}
        return self.send("POST", "/api/v1/check-in", content=raw, headers={**sent, **headers})

    def check_in(self, address: str = "", **claim: Any) -> dict[str, Any]:
        """A check-in that works, as the probes' client understands it."""
        answer: dict[str, Any] = read(self.post(claim, address), CHECK_IN)
        return answer

    def urls(self, cc: str = "IT", asn: int = 30722, **claim: Any) -> list[str]:
        """The URLs that a probe of this network gets, in order."""
        answer = self.check_in(probe_cc=cc, probe_asn=f"AS{asn}", **claim)
        return [one["url"] for one in answer["tests"]["web_connectivity"]["urls"]]

    def get(self, url: str, **parameters: Any) -> Any:
        """The JSON of an answer that works."""
        response = self.send("GET", url, params=parameters or None)
        assert response.status_code == 200, response.text
        return response.json()

    def list_entries(self, entries: Iterable[Entry]) -> None:
        """Put entries on the test lists."""
        self.warehouse.insert("citizenlab", CITIZENLAB_COLUMNS, list(entries))

    def measured(self, counts: dict[str, int], network: Network = ("IT", 30722), weeks_ago: int = 0) -> None:
        """Count measurements of URLs in a network, as the views do."""
        week = start_of_week(datetime.now(UTC)) - timedelta(weeks=weeks_ago)
        rows = [(week, *network, url, count) for url, count in counts.items()]
        columns = ("week", "probe_cc", "probe_asn", "input", "msmt_cnt")
        self.warehouse.insert("counters_asn_test_list", columns, rows)

    def rule(self, priority: int, *, back: bool = False, **where: str) -> None:
        """Make or take back a rule; `category_code`, `cc`, `domain`, `url`."""
        given = [where.get(name, "*") for name in ("category_code", "cc", "domain", "url")]
        rule = Rule(*given, priority)
        self.rules.change(*(rule, None) if back else (None, rule), "a", datetime.now(UTC))


def start_of_week(now: datetime) -> datetime:
    """Sunday, 00:00 UTC."""
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return day - timedelta(days=(day.weekday() + 1) % 7)


def entry(number: int, category: str = "NEWS", cc: str = "ZZ") -> Entry:
    """A row of a test list."""
    return (f"site{number}.example", f"https://site{number}.example/", cc, category)


EMPTIED = ("citizenlab", "counters_asn_test_list", "fastpath")


def emptied(warehouse: Warehouse, tables: Iterable[str] = EMPTIED) -> None:
    """Nothing in the tables that prioritisation reads."""
    for table in tables:
        warehouse.command(f"TRUNCATE TABLE {table}")


Make = Callable[..., Probes]
