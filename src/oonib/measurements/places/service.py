"""What is known about places, and what is judged to be blocked there.

Every method raises `Unavailable`, `Timeout` or `BadRequest` where the database cannot answer.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from oonib.measurements.asking import reading
from oonib.measurements.gate import Gates
from oonib.measurements.places.judging import Days, Judgement, Tally, judge, total
from oonib.measurements.places.queries import Place
from oonib.measurements.places.store import MOST_TARGETS, PlacesStore, Rows, Series
from oonib.measurements.statistics.windows import Window
from oonib.model.nettests import GROUPS, MESSENGERS

WEB = "web_connectivity"
TOOLS = tuple(name for name in GROUPS["circumvention"] if name in ("psiphon", "tor", "torsf", "riseupvpn"))
JUDGED = (WEB, *MESSENGERS, *TOOLS)
"""The nettests whose anomalies are about a target that somebody may block."""


@dataclass(frozen=True, slots=True)
class OnNetwork:
    """The counts of a target on one network."""

    probe_asn: int
    counts: Tally


@dataclass(frozen=True, slots=True)
class Blocked:
    """A target that is judged to be blocked in a place, or to have been in the window.

    `counts`: of the whole place and window. `networks`: those on which it is blocked, of
    `networks_measured`. `elsewhere`: the counts of the same target in other countries.
    """

    test_name: str
    domain: str
    probe_cc: str
    judgement: Judgement
    counts: Tally
    elsewhere: Tally
    networks: tuple[OnNetwork, ...]
    networks_measured: int


@dataclass(frozen=True, slots=True)
class Judged:
    """What is blocked in a place: confirmed first, then by how often. `level`: the usual share of anomalies.

    `complete`: whether all suspicious targets were looked at.
    """

    blocked: Sequence[Blocked]
    level: float
    complete: bool


@dataclass(frozen=True, slots=True)
class InCountry:
    """The measurements of a domain in one country."""

    probe_cc: str
    counts: Tally
    days: Days
    networks_measured: int


@dataclass(frozen=True, slots=True)
class DomainCounts:
    """A domain in all countries, the most measured first, and where it is blocked."""

    countries: Sequence[InCountry]
    blocked: Sequence[Blocked]


class PlacesService:
    """Reads and judges. Windows are whole days, UTC."""

    def __init__(self, store: PlacesStore, gates: Gates) -> None:
        self._store = store
        self._gates = gates

    def blocked_in(self, probe_cc: str, window: Window) -> Judged:
        """What is blocked in a country."""
        return self._judged("probe_cc", probe_cc, probe_cc, window)

    def blocked_on(self, probe_asn: int, probe_cc: str, window: Window) -> Judged:
        """What is blocked on a network, which is at home in a country."""
        return self._judged("probe_asn", probe_asn, probe_cc, window)

    def domain(self, domain: str, window: Window) -> DomainCounts:
        """Where a domain was measured, and where it is blocked."""
        with self._gates.heavy.turn(), reading():
            found = self._store.by_country(domain, [WEB], window)
        countries = [InCountry(one.key[0], one.counts, one.days, one.total) for one in found]
        countries.sort(key=lambda one: (-one.counts.measured, one.probe_cc))
        everywhere = sum((one.counts for one in found), Tally())
        blocked = [
            made
            for one in found
            if (made := _blocked(one, (WEB, domain, one.key[0]), everywhere - one.counts, 0.0)) is not None
        ]
        return DomainCounts(countries, _ordered(blocked))

    def coverage(self, place: Place, value: object, window: Window) -> Rows:
        """`day`, counts by outcome, `networks`, `nettests`, `countries` of each day that has measurements."""
        with reading():
            return self._store.coverage(place, value, window)

    def countries(self, window: Window) -> Rows:
        """`probe_cc`, counts by outcome, `networks`."""
        with self._gates.heavy.turn(), reading():
            return self._store.countries(window)

    def networks(self, text: str, probe_cc: str, window: Window, *, limit: int, offset: int) -> Rows:
        """Networks, the most measured first; `text`: the beginning of a number or part of a name.

        `probe_asn`, `org_name`, `probe_cc` (where most of it was measured), counts; `total`: of all pages.
        """
        with self._gates.heavy.turn(), reading():
            return self._store.networks(text, probe_cc, window, limit=limit, offset=offset)

    def domains(self, text: str, category: str, window: Window, *, limit: int, offset: int) -> Rows:
        """Domains, the most measured first; `text`: part of the name.

        `domain`, `category_code` (empty for unlisted ones), `countries`, counts; `total`: of all pages.
        """
        with self._gates.heavy.turn(), reading():
            return self._store.domains(text, category, window, limit=limit, offset=offset)

    def owners(self, asns: Sequence[int]) -> dict[int, tuple[str, str]]:
        """Name and country of the owners of networks, those that are known."""
        with reading():
            return self._store.owners(asns)

    def listed(self, domains: Sequence[str]) -> Rows:
        """`url`, `list` (a country, ZZ for the global one), `category_code` of what test lists have."""
        with reading():
            return self._store.listed(domains)

    def variants(self, domains: Sequence[str], window: Window) -> dict[str, int]:
        """Measurements of each of some domains that has any."""
        with reading():
            return self._store.variants(domains, window)

    def home(self, probe_asn: int, window: Window) -> dict[str, int]:
        """Measurements of a network by country, the most first."""
        with reading():
            return self._store.home(probe_asn, window)

    def _judged(self, place: Place, value: object, probe_cc: str, window: Window) -> Judged:
        with self._gates.heavy.turn(), reading():
            found = self._store.suspects(place, value, JUDGED, window)
            tests = sorted({one.key[0] for one in found})
            domains = sorted({one.key[1] for one in found})
            elsewhere = self._store.elsewhere(probe_cc, tests, domains, window) if found else {}
            level = self._store.level(place, value, window) if found else 0.0
        blocked = []
        for one in found:
            # What is usual of sites says nothing of an app, whose nettest errs in ways of its own.
            usually = level if one.key[0] == WEB else 0.0
            target = (one.key[0], one.key[1], probe_cc)
            made = _blocked(one, target, elsewhere.get((one.key[0], one.key[1]), Tally()), usually)
            if made is not None:
                blocked.append(made)
        return Judged(_ordered(blocked), level, len(found) < MOST_TARGETS)


def _blocked(one: Series, target: tuple[str, str, str], elsewhere: Tally, level: float) -> Blocked | None:
    judgement = judge(one.networks, elsewhere, level, looks=one.total)
    if judgement is None:
        return None
    networks = tuple(
        OnNetwork(asn, total(one.networks[asn])) for asn in judgement.parts if asn > 0 and asn in one.networks
    )
    return Blocked(*target, judgement, one.counts, elsewhere, networks, one.total)


def _ordered(blocked: Iterable[Blocked]) -> list[Blocked]:
    """Confirmed before likely, then what is blocked most often."""
    return sorted(
        blocked,
        key=lambda one: (
            one.judgement.kind != "confirmed", -one.counts.blocked, one.domain, one.test_name, one.probe_cc,
        ),
    )  # fmt: skip


def last_days(today: date, days: int) -> Window:
    """The last days, today included."""
    return Window(today - timedelta(days=days - 1), today + timedelta(days=1))
