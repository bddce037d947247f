"""Check-in: where a probe is, what it may do, what it shall measure (probe contract 1).

The answer is always a full one. Where probes are comes from their address, URLs and report ids from what they
claim, because a probe behind a tunnel knows better (probe contract 1.2).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

import orjson

from oonib.checkin.features import Features, Probe
from oonib.checkin.prioritisation import Choice, Entry, Prioritisation
from oonib.checkin.schema import UNKNOWN_COUNTRY, Claim
from oonib.metrics import Metrics
from oonib.model.reportid import make_report_id

NETTESTS = (
    "bridge_reachability", "dash", "dns_consistency", "dnscheck", "facebook_messenger",
    "http_header_field_manipulation", "http_host", "http_invalid_request_line", "http_requests",
    "meek_fronted_requests_test", "multi_protocol_traceroute", "ndt", "psiphon", "riseupvpn", "tcp_connect",
    "telegram", "tor", "urlgetter", "vanilla_tor", "web_connectivity", "whatsapp",
)  # fmt: skip
"""The nettests that get a report id, in the order of the answer."""

_STATIC_INPUTS = {
    "dnscheck": ("https://dns.google/dns-query", "https://cloudflare-dns.com/dns-query"),
    "stunreachability": ("stun://stun.l.google.com:19302", "stun://stun.voip.blackberry.com:3478"),
}
"""Inputs of the experimental check-in that are the same for everybody."""

HelperLists = dict[str, list[dict[str, str]]]


class HelperSource(Protocol):
    """Where test helpers are."""

    def for_checkin(self, address: str = "") -> HelperLists:
        """By kind, in the order in which the probe at `address` shall try them."""


class NoHelpers:
    """For a backend without test helpers. Current probes ask for them elsewhere (probe contract 0.1)."""

    def for_checkin(self, address: str = "") -> HelperLists:
        """None of any kind."""
        del address
        return {}


class Located(Protocol):
    """Where an address is; `ZZ`, 0 and None where that is not known."""

    @property
    def cc(self) -> str:
        """Two letters."""

    @property
    def asn(self) -> int:
        """Number of the network."""

    @property
    def org(self) -> str | None:
        """Its owner."""


class Locator(Protocol):
    """Finds out where addresses are."""

    def lookup(self, address: str) -> Located:
        """Never raises."""


@dataclass(frozen=True, slots=True)
class _Session:
    claim: Claim
    located: Located
    cc: str
    asn: int
    address: str
    now: datetime


class CheckinService:
    """Check-ins of one API process. `clock` gives aware times in UTC."""

    def __init__(
        self,
        *,
        prioritisation: Prioritisation,
        helpers: HelperSource,
        locator: Locator,
        features: Features,
        metrics: Metrics,
        collector_id: str,
        clock: Callable[[], datetime],
    ) -> None:
        self._prioritisation = prioritisation
        self._helpers = helpers
        self._locator = locator
        self._features = features
        self._metrics = metrics
        self._collector_id = collector_id
        self._clock = clock

    async def check_in(self, sent: Mapping[str, Any], address: str) -> bytes:
        """The answer as JSON (probe contract 1.4). `sent` is the body, whatever is in it. Never raises."""
        session = self._session(sent, address)
        choice = await self._choose(session)
        tests: dict[str, dict[str, Any]] = {
            name: {"report_id": self._report_id(name, session)} for name in NETTESTS
        }
        # Each URL was written as JSON when its list was loaded: a manual run has thousands of them.
        urls = b"[" + b",".join([entry.item for entry in choice.entries]) + b"]"
        tests["web_connectivity"]["urls"] = orjson.Fragment(urls)
        return orjson.dumps({"v": 1, **self._about(session), "tests": tests})

    async def check_in_private(self, sent: Mapping[str, Any], address: str) -> bytes:
        """The answer of the experimental check-in (probe contract 1.7)."""
        session = self._session(sent, address)
        choice = await self._choose(session)
        nettests = [
            {
                "test_name": name,
                "report_id": self._report_id(name, session),
                "targets": _targets(name, choice.entries),
            }
            for name in sorted({*NETTESTS, *_STATIC_INPUTS})
        ]
        return orjson.dumps({"v": 2, **self._about(session), "nettests": nettests})

    def _session(self, sent: Mapping[str, Any], address: str) -> _Session:
        claim = Claim.read(sent)
        located = self._locator.lookup(address)
        self._compare(claim, located)
        cc, asn = claim.cc, claim.asn
        if (cc, asn) == (UNKNOWN_COUNTRY, 0):
            cc, asn = located.cc, located.asn
        return _Session(claim, located, cc, asn, address, self._clock())

    async def _choose(self, session: _Session) -> Choice:
        claim = session.claim
        choice = await self._prioritisation.choose(session.cc, session.asn, claim.categories, claim.limit)
        self._metrics.check_in_urls.set(len(choice.entries))
        return choice

    def _about(self, session: _Session) -> dict[str, Any]:
        claim, located = session.claim, session.located
        probe = Probe(session.address, session.cc, session.asn, claim.software_name, claim.software_version)
        return {
            "probe_cc": located.cc,
            "probe_asn": f"AS{located.asn}",
            "probe_network_name": located.org,
            "utc_time": session.now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "conf": {
                "features": self._features.flags(probe),
                "test_helpers": self._helpers.for_checkin(session.address),
            },
        }

    def _report_id(self, name: str, session: _Session) -> str:
        return str(make_report_id(session.now, name, session.cc, session.asn, self._collector_id))

    def _compare(self, claim: Claim, located: Located) -> None:
        if located.cc == UNKNOWN_COUNTRY and located.asn == 0:
            self._metrics.geoip_not_found.inc()
            return
        self._metrics.geoip_found.labels(located.cc).inc()
        if claim.cc not in (UNKNOWN_COUNTRY, located.cc):
            self._metrics.geoip_cc_differs.inc()
        if claim.asn not in (0, located.asn):
            self._metrics.geoip_asn_differs.inc()


def _targets(name: str, entries: list[Entry]) -> list[dict[str, object]]:
    if name == "web_connectivity":
        return [
            {
                "attributes": {"category_code": one.category_code, "country_code": one.country_code},
                "input": one.url,
                "options": {},
            }
            for one in entries
        ]
    return [{"attributes": {}, "input": text, "options": {}} for text in _STATIC_INPUTS.get(name, ())]
