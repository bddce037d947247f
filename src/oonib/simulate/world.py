"""The synthetic world: who measures what and when, and the measurements that come of it.

Owns the frame of a measurement (report, software, times) and the choice of what is measured. The same seed,
count and period give the same bytes.
"""

import string
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from random import Random
from typing import Any

import orjson

from oonib.reference.fingerprints import STARTER, read_files
from oonib.simulate.apps import APPS, breaks, broken
from oonib.simulate.censorship import Block, plan
from oonib.simulate.geography import Network, countries
from oonib.simulate.lines import LINES, MIDDLEBOX_TESTS
from oonib.simulate.outcome import Expected, Noise, of_block, of_noise
from oonib.simulate.pages import Paper
from oonib.simulate.sites import Site, sites
from oonib.simulate.web import Visit, WebKeys

_TESTS = {
    "web_connectivity": 70,
    "telegram": 4,
    "whatsapp": 4,
    "signal": 4,
    "facebook_messenger": 4,
    "tor": 3,
    "psiphon": 3,
    "ndt": 2,
    "dash": 2,
    "http_header_field_manipulation": 2,
    "http_invalid_request_line": 2,
}
"""How often each test is run, per hundred."""

_WEB_NOISE: tuple[tuple[Noise, float], ...] = (
    ("down", 0.03),
    ("control", 0.05),
    ("unknown", 0.055),
    ("parking", 0.06),
    ("vague", 0.065),
)
"""Noise by the share of visits up to which it happens."""

_SOFTWARE = (
    ("ooniprobe-android-unattended", "android", "arm64"),
    ("ooniprobe-android", "android", "arm64"),
    ("ooniprobe-ios", "ios", "arm64"),
    ("ooniprobe-desktop-unattended", "windows", "amd64"),
    ("ooniprobe-cli", "linux", "amd64"),
)
_VERSIONS = {"web_connectivity": "0.5.28", "telegram": "0.3.1", "signal": "0.2.5", "whatsapp": "0.12.0"}
_LETTERS = string.ascii_letters + string.digits
_FORMAT = "%Y-%m-%d %H:%M:%S"


@dataclass(frozen=True, slots=True)
class Measurement:
    """One measurement: its body, and the truth that was planted in it."""

    body: dict[str, Any]
    expected: Expected

    @property
    def content(self) -> bytes:
        """The bare measurement as JSON."""
        return orjson.dumps(self.body)

    def envelope(self) -> bytes:
        """What a probe posts."""
        return b'{"format":"json","content":' + self.content + b"}"


class World:
    """A world of probes, sites and censors, made from a seed."""

    def __init__(self, seed: int) -> None:
        rng = Random(f"world {seed}")  # noqa: S311 - a repeatable world, no secret
        self._seed = seed
        self.countries = countries()
        self.sites = sites()
        self.blocks: tuple[Block, ...] = tuple(plan(rng, self.countries, self.sites))
        self.fingerprints = read_files(STARTER, limits=None).fingerprints()
        named = {found.name: found for found in (*self.fingerprints.dns, *self.fingerprints.http)}
        self._paper = Paper(rng)
        self._web = WebKeys(self._paper, named)
        self._by_target: dict[tuple[int, str], list[Block]] = {}
        for block in self.blocks:
            self._by_target.setdefault((block.network.asn, block.target), []).append(block)
        self._country_weights = list(accumulate(country.weight for country in self.countries))
        # The first sites of the list are measured about three times as often as the last ones.
        self._site_weights = list(accumulate(3.0 / (1 + i / 20) for i in range(len(self.sites))))
        self._test_weights = list(accumulate(_TESTS.values()))

    def measurements(self, n: int, *, start: datetime, end: datetime) -> Iterator[Measurement]:
        """`n` measurements in order of time, spread evenly between `start` and `end` (aware)."""
        rng = Random(f"run {self._seed} {n} {start.timestamp()} {end.timestamp()}")  # noqa: S311 - no secret
        for i in range(n):
            at = (i + rng.random()) / n
            yield self._measurement(rng, start + (end - start) * at, at)

    def _measurement(self, rng: Random, when: datetime, at: float) -> Measurement:
        country = rng.choices(self.countries, cum_weights=self._country_weights)[0]
        network = rng.choice(country.networks)
        test_name = rng.choices(tuple(_TESTS), cum_weights=self._test_weights)[0]
        if test_name == "web_connectivity":
            return self._visit(rng, network, when, at)
        if test_name in APPS:
            return self._app(rng, test_name, network, when, at)
        tampered = test_name in MIDDLEBOX_TESTS and rng.random() < 0.08
        keys = LINES[test_name](rng, tampered)
        return Measurement(
            _frame(rng, test_name, network, when) | {"test_keys": keys}, Expected(anomaly=tampered)
        )

    def _visit(self, rng: Random, network: Network, when: datetime, at: float) -> Measurement:
        site = rng.choices(self.sites, cum_weights=self._site_weights)[0]
        block = self._active(network, site.domain, at)
        noise = None if block else _noise(rng)
        expected = of_block(block) if block else of_noise(noise) if noise else Expected()
        keys = self._web.make(rng, Visit(site, network, block, noise))
        return Measurement(_web_frame(rng, site, network, when) | {"test_keys": keys}, expected)

    def _app(self, rng: Random, test_name: str, network: Network, when: datetime, at: float) -> Measurement:
        block = self._active(network, test_name, at)
        noise = breaks(test_name) if block is None and rng.random() < 0.02 else None
        keys = APPS[test_name](rng, block is not None)
        if noise:
            keys = broken(test_name, keys)
        expected = of_block(block) if block else of_noise(noise) if noise else Expected()
        return Measurement(_frame(rng, test_name, network, when) | {"test_keys": keys}, expected)

    def _active(self, network: Network, target: str, at: float) -> Block | None:
        blocks = self._by_target.get((network.asn, target), ())
        return next((block for block in blocks if block.is_active(at)), None)

    def sized(self, n_bytes: int, when: datetime) -> Measurement:
        """An unblocked web_connectivity measurement whose envelope has about `n_bytes`, 5,000 at least."""
        rng = Random(f"sized {self._seed} {n_bytes}")  # noqa: S311 - no secret
        site, network = self.sites[0], self.countries[0].networks[0]
        keys = self._web.make(rng, Visit(site, network), 1)
        made = Measurement(_web_frame(rng, site, network, when) | {"test_keys": keys}, Expected())
        missing = max(0, n_bytes - len(made.envelope()))
        keys["requests"][0]["response"]["body"] += self._paper.filler(rng, missing)
        return made


def fixed_size_body(n_bytes: int, seed: int = 1) -> bytes:
    """A valid web_connectivity envelope of about `n_bytes`, for benchmarks."""
    return World(seed).sized(n_bytes, datetime(2026, 3, 2, 10, 15, 33, tzinfo=UTC)).envelope()


def _noise(rng: Random) -> Noise | None:
    drawn = rng.random()
    return next((noise for noise, share in _WEB_NOISE if drawn < share), None)


def _web_frame(rng: Random, site: Site, network: Network, when: datetime) -> dict[str, Any]:
    helper = {"backend": {"address": "https://0.th.sim.example/", "type": "https"}}
    return _frame(rng, "web_connectivity", network, when) | {"input": site.url, "test_helpers": helper}


def _frame(rng: Random, test_name: str, network: Network, when: datetime) -> dict[str, Any]:
    """Everything around the test keys."""
    software, platform, architecture = rng.choice(_SOFTWARE)
    began = when - timedelta(seconds=rng.randrange(1, 90))
    short = test_name.replace("_", "")
    tail = "".join(rng.choices(_LETTERS, k=16))
    return {
        "annotations": {
            "architecture": architecture,
            "engine_name": "ooniprobe-engine",
            "engine_version": "3.22.0",
            "flavor": "stableFull",
            "network_type": "wifi" if rng.random() < 0.7 else "mobile",
            "platform": platform,
        },
        "data_format_version": "0.2.0",
        "extensions": {
            "dnst": 0,
            "httpt": 0,
            "netevents": 0,
            "tcpconnect": 0,
            "tlshandshake": 0,
            "tunnel": 0,
        },
        "input": None,
        "measurement_start_time": when.astimezone(UTC).strftime(_FORMAT),
        "probe_asn": f"AS{network.asn}",
        "probe_cc": network.cc,
        "probe_ip": "127.0.0.1",
        "probe_network_name": network.name,
        "report_id": f"{began.astimezone(UTC):%Y%m%dT%H%M%SZ}_{short}_{network.cc}_{network.asn}_n1_{tail}",
        "resolver_asn": f"AS{network.asn}",
        "resolver_ip": network.resolver,
        "resolver_network_name": network.name,
        "software_name": software,
        "software_version": "3.22.0",
        "test_name": test_name,
        "test_runtime": round(rng.uniform(0.3, 20.0), 6),
        "test_start_time": began.astimezone(UTC).strftime(_FORMAT),
        "test_version": _VERSIONS.get(test_name, "0.2.0"),
    }
