"""The layer that charges: headers, refusals, who pays, what is free (data contract 6.3)."""

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.middleware.cors import CORSMiddleware
from fastapi.responses import StreamingResponse
from starlette.types import Scope

from oonib.app import errors, metering
from oonib.app.client import scope_address
from oonib.metrics import Metrics
from oonib.quota import Callers, Limits, Quotas, parse_networks
from oonib.quota import routes as quota_routes

from support.processes import wait_until

NOW = 1_800_000_000.0
PAGE = "https://explorer.ooni.org"


def identify(scope: Scope) -> str | None:
    """Accounts as a test needs them: one token is good."""
    return "ada" if (b"authorization", b"Bearer good") in scope["headers"] else None


class Site:
    """An application with some endpoints behind the layer."""

    def __init__(self, folder: Path, *, trusted: int = 0, limits: Limits | None = None) -> None:
        self.now = NOW
        self.metrics = Metrics()
        self.quotas = Quotas(
            folder / "quotas",
            Callers(b"secret", parse_networks(["127.0.0.0/8"])),
            networks=limits or Limits.of(4000, 20_000, 60_000),
            accounts=Limits.of(4000, 20_000, 60_000),
            metrics=self.metrics.quota,
            clock=lambda: self.now,
        )
        self.quotas.start()
        app = FastAPI()
        errors.install(app)

        @app.get("/api/v1/measurements")
        def search(spin: float = 0.0) -> dict[str, Any]:
            time.sleep(spin)
            return {"results": []}

        @app.get("/report/x")
        def report() -> None:
            return None

        @app.post("/api/v1/aggregation")
        async def slow_body(request: Request) -> int:
            return len(await request.body())

        @app.get("/fails")
        def fails() -> None:
            raise RuntimeError

        @app.get("/long")
        def long() -> StreamingResponse:
            def parts() -> Iterator[bytes]:
                for _ in range(5):
                    time.sleep(0.1)
                    yield b"x"

            return StreamingResponse(parts())

        caller_of = metering.payer(self.quotas, lambda scope: scope_address(scope, trusted), identify)
        app.include_router(
            quota_routes.router(
                self.quotas,
                lambda request: caller_of(request.scope),
                lambda request: request.headers.get("authorization") == "Basic admin",
            )
        )
        app.add_middleware(metering.Metering, quotas=self.quotas, caller_of=caller_of)
        app.add_middleware(CORSMiddleware, allow_origins=["*"], expose_headers=metering.EXPOSED)
        self.app = app

    def ask(
        self, path: str, client: str = "192.0.2.7", method: str = "GET", **options: Any
    ) -> httpx.Response:
        return asyncio.run(self._ask(method, path, client, options))

    async def _ask(self, method: str, path: str, client: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False, client=(client, 4321))
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as http:
            return await http.request(method, path, **options)

    def exhaust(self, client: str = "192.0.2.7") -> None:
        caller = self.quotas.caller(client)
        assert caller is not None
        self.quotas.charge(caller, 1e9)
        # Until it is written it would be charged at whatever time a test moves the clock to.
        wait_until(lambda: self.quotas._charging.pending(caller.key) == 0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    site = Site(tmp_path)
    yield site
    site.quotas.close()


def test_a_metered_answer_says_what_is_left(site: Site) -> None:
    answer = site.ask("/api/v1/measurements")
    assert answer.status_code == 200
    assert answer.headers["x-ratelimit-remaining"] == "3999"
    assert answer.headers["ratelimit-limit"] == "4000"
    assert answer.headers["ratelimit-remaining"] == "3999"
    assert answer.headers["ratelimit-reset"] == "1"
    assert answer.headers["ratelimit-policy"] == "4000;w=86400, 20000;w=604800, 60000;w=2592000"
    assert "retry-after" not in answer.headers


def test_what_is_charged_is_the_time_of_serving(site: Site) -> None:
    site.ask("/api/v1/measurements", params={"spin": 0.5})
    windows = site.ask("/api/v1/quota").json()["windows"]
    assert [window["window"] for window in windows] == ["day", "week", "month"]
    for window in windows:
        assert 0.5 <= window["limit"] - window["remaining"] < 1.5


def test_refused_with_everything_a_client_and_a_page_need(site: Site) -> None:
    site.exhaust()
    answer = site.ask("/api/v1/measurements", headers={"Origin": PAGE, "X-Secret": "mine", "Cookie": "a=b"})
    assert answer.status_code == 429
    assert answer.json() == {"error": "quota exceeded", "detail": "quota exceeded"}
    assert answer.headers["retry-after"] == "433"
    assert answer.headers["x-ratelimit-remaining"] == "0"
    assert answer.headers["access-control-allow-origin"] == "*"
    assert "retry-after" in answer.headers["access-control-expose-headers"].lower()
    assert answer.headers["cache-control"] == "no-cache"
    # Nothing that the client sent comes back.
    assert {"x-secret", "cookie", "origin", "user-agent", "host"}.isdisjoint(answer.headers)
    assert 'rate_limit_hits_total{kind="network"} 1.0' in site.metrics.render().decode()


def test_served_again_after_retry_after(site: Site) -> None:
    site.exhaust()
    wait = int(site.ask("/api/v1/measurements").headers["retry-after"])
    site.now += wait - 1
    assert site.ask("/api/v1/measurements").status_code == 429
    site.now += 1
    assert site.ask("/api/v1/measurements").status_code == 200


def test_a_dear_request_is_not_cut_and_not_free(tmp_path: Path) -> None:
    site = Site(tmp_path, limits=Limits.of(0.2, 0.2, 0.2))
    try:
        first = site.ask("/api/v1/measurements", params={"spin": 0.4})
        assert first.status_code == 200
        assert first.headers["x-ratelimit-remaining"] == "0"
        assert site.ask("/api/v1/measurements").status_code == 429
    finally:
        site.quotas.close()


@pytest.mark.parametrize("path", ["/report/x", "/api/v1/quota"])
def test_what_probes_and_operators_need_is_never_refused(site: Site, path: str) -> None:
    site.exhaust()
    answer = site.ask(path)
    assert answer.status_code == 200
    assert "x-ratelimit-remaining" not in answer.headers


def test_unmetered_networks_see_no_header(site: Site) -> None:
    answer = site.ask("/api/v1/measurements", client="127.0.0.1")
    assert answer.status_code == 200
    assert "x-ratelimit-remaining" not in answer.headers
    assert "ratelimit-limit" not in answer.headers


SPOOFED = [
    {"X-Forwarded-For": "127.0.0.1"},
    {"X-Forwarded-For": "198.51.100.1"},
    {"X-Forwarded-For": "127.0.0.1, 198.51.100.1"},
    {"X-Real-IP": "127.0.0.1"},
    {"Forwarded": "for=127.0.0.1"},
    {"Client-IP": "127.0.0.1"},
    {"True-Client-IP": "127.0.0.1"},
    {"Authorization": "Bearer forged"},
]


@pytest.mark.parametrize("headers", SPOOFED)
def test_headers_of_the_client_change_nothing(site: Site, headers: dict[str, str]) -> None:
    site.exhaust()
    assert site.ask("/api/v1/measurements", headers=headers).status_code == 429


def test_a_good_token_has_a_quota_of_its_own(site: Site) -> None:
    site.exhaust()
    token = {"Authorization": "Bearer good"}
    answer = site.ask("/api/v1/measurements", headers=token)
    assert answer.status_code == 200
    assert answer.headers["x-ratelimit-remaining"] == "3999"
    assert site.ask("/api/v1/quota", headers=token).json()["windows"][0]["remaining"] > 3990


@pytest.mark.parametrize("client", ["192.0.2.200", "::ffff:192.0.2.1"])
def test_neighbours_pay_together(site: Site, client: str) -> None:
    site.exhaust("192.0.2.7")
    assert site.ask("/api/v1/measurements", client=client).status_code == 429
    assert site.ask("/api/v1/measurements", client="192.0.3.7").status_code == 200


def test_an_ipv6_client_cannot_move_within_its_48(site: Site) -> None:
    site.exhaust("2001:db8:5::1")
    assert site.ask("/api/v1/measurements", client="2001:db8:5:ffff::1").status_code == 429
    assert site.ask("/api/v1/measurements", client="2001:db8:6::1").status_code == 200


def test_behind_one_proxy_its_entry_alone_counts(tmp_path: Path) -> None:
    site = Site(tmp_path, trusted=1)
    try:
        site.exhaust("198.51.100.1")

        def status(*entries: str) -> int:
            sent = [("X-Forwarded-For", entry) for entry in entries]
            return site.ask("/api/v1/measurements", headers=httpx.Headers(sent)).status_code

        assert status("198.51.100.1") == 429
        assert status("127.0.0.1, 198.51.100.1") == 429
        assert status("127.0.0.1", "203.0.113.5, 198.51.100.1") == 429
        assert status("198.51.100.1, 203.0.113.5") == 200
    finally:
        site.quotas.close()


def used(site: Site) -> float:
    window = site.ask("/api/v1/quota").json()["windows"][0]
    return float(window["limit"] - window["remaining"])


def test_waiting_for_the_clients_body_costs_nothing(site: Site) -> None:
    async def dripping() -> Any:
        for _ in range(5):
            await asyncio.sleep(0.1)
            yield b"x"

    answer = site.ask("/api/v1/aggregation", method="POST", content=dripping())
    assert answer.json() == 5
    assert used(site) < 0.3


def test_an_answer_made_piece_by_piece_costs_until_its_end(site: Site) -> None:
    assert site.ask("/long").content == b"xxxxx"
    assert 0.4 < used(site) < 1.5


def test_failures_cost_as_well(site: Site) -> None:
    assert site.ask("/fails").status_code == 500
    assert site.ask("/nowhere").status_code == 404
    assert used(site) > 0


def test_the_summary_is_for_administrators(site: Site) -> None:
    site.exhaust()
    refused = site.ask("/api/_/quotas_summary", client="127.0.0.1")
    assert refused.status_code == 401
    assert refused.json()["error"] == "Authentication required"
    answer = site.ask("/api/_/quotas_summary", headers={"Authorization": "Basic admin"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    [[key, left]] = answer.json()
    assert left == 0
    assert len(bytes.fromhex(key)) == 16


def test_without_a_store_everybody_is_served(tmp_path: Path) -> None:
    (tmp_path / "quotas").write_text("")
    site = Site(tmp_path)
    try:
        answer = site.ask("/api/v1/measurements")
        assert answer.status_code == 200
        assert "x-ratelimit-remaining" not in answer.headers
        assert site.ask("/api/v1/quota").json() == {"metered": False, "windows": []}
        assert site.ask("/api/_/quotas_summary", headers={"Authorization": "Basic admin"}).status_code == 503
    finally:
        site.quotas.close()


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("/", True),
        ("/health", True),
        ("/metrics", True),
        ("/report", True),
        ("/report/20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp/close", True),
        ("/api/v1/submit_measurement", True),
        ("/api/v1/check-in", True),
        ("/api/v1/test-helpers", True),
        ("/api/v1/test-list/urls", True),
        ("/api/v1/geolookup", True),
        ("/api/v1/sign_credential", True),
        ("/api/v2/ooniprobe/vpn-config/riseupvpn", True),
        ("/bouncer/net-tests", True),
        ("/healthy", False),
        ("//", False),
        ("/api/v1/measurements", False),
        ("/api/v1/aggregation", False),
        ("/api/v1/raw_measurement", False),
        ("/api/_/countries", False),
        ("/API/v1/check-in", False),
    ],
)
def test_what_is_free(path: str, free: bool) -> None:
    assert metering.is_unmetered(path) is free
