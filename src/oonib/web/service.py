"""What the pages that belong to no family show. Knows no HTTP and no store: it asks what it was given.

Each part of the home page stands alone: one that cannot be looked up says so and the others are shown.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

import orjson
from markupsafe import Markup

from oonib.errors import OonibError
from oonib.measurements.schema import SearchParameters
from oonib.measurements.service import MeasurementService
from oonib.measurements.statistics.cache import Answer
from oonib.model.nettests import NAMES
from oonib.spool import Spool
from oonib.web import ledger, newest
from oonib.web.assets import Asset
from oonib.web.checked import Finding
from oonib.web.frame import Said, View, said
from oonib.web.map import World, world_map
from oonib.web.reference import Document, read_document
from oonib.web.snapshot import Patience, Snapshot

_NEWEST = 12
_PUBLISHED = 4
_KINDS: dict[str, tuple[str, Said]] = {
    "": ("all", said("all")),
    "anomaly": ("anomalies", said("anomalies")),
    "confirmed": ("confirmed", said("confirmed")),
    "failure": ("failures", said("failures")),
}
"""Which measurements the home page can list: the flag that is asked for, and the word on the page."""

_SLOW = Patience(fresh=20.0, oldest=3600.0)
"""For what changes little; it is looked up elsewhere no more often than that costs little."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest measurements, or why they cannot be listed."""

    lines: Sequence[newest.Line]
    problem: str = ""


class Totals(Protocol):
    """Who knows how much there is."""

    async def global_overview(self) -> Answer:
        """Networks, countries and measurements of all time, as JSON."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where the parts of the home page come from. Each may raise `OonibError` kinds.

    `published`: findings that anybody may see, as the API lists them, the latest first.
    """

    health: Callable[[], Sequence[Finding]]
    spool: Spool
    measurements: MeasurementService
    totals: Totals
    world: Callable[[], World]
    published: Callable[[], Sequence[Mapping[str, Any]]]


class WebService:
    """The pages of one API process. `clock` gives the time as an aware datetime."""

    def __init__(
        self,
        sources: Sources,
        *,
        openapi: Callable[[], dict[str, Any]],
        assets: Mapping[str, Asset],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: Patience | None = None,
    ) -> None:
        self._sources = sources
        self._openapi = openapi
        self._clock = clock
        self._assets = assets
        self._reference: Markup | None = None
        slow = patience or _SLOW
        self._checks = Snapshot("checks", sources.health, patience)
        self._ledger = Snapshot("ledger", self._load_ledger, patience)
        self._totals = Snapshot("totals", self._load_totals, slow)
        self._world = Snapshot("world", sources.world, slow)
        self._published = Snapshot("findings", self._load_published, slow)
        self._recent = {
            kind: Snapshot(f"newest {word}", partial(self._load_recent, kind), patience)
            for kind, (word, _) in _KINDS.items()
        }

    def home(self, kind: str = "") -> View:
        """The home page as things stand. `kind`: which measurements it lists; unknown ones count as all."""
        kind = kind if kind in self._recent else ""
        parts = (self._checks, self._ledger, self._totals, self._world, self._published, self._recent[kind])
        for part in parts:
            # All are looked up at once, so that what is slow is waited for once.
            part.ask()
        world, books = self._world.get(), self._ledger.get()
        data = {
            "totals": self._totals.get(),
            "newest": self._recent[kind].get(),
            "kind": kind,
            "world": world,
            "findings": self._published.get(),
            "checks": _told(self._checks.get()),
            "last_24_hours": None if books is None else books.total,
            "as_of": f"{self._clock():%Y-%m-%dT%H:%M:%SZ}",
        }
        extra = {
            "kinds": {flag: word for flag, (_, word) in _KINDS.items()},
            "map": world_map(world) if world is not None else None,
            "verdicts": newest.VERDICTS,
            "nettests": dict(NAMES),
            "day": f"{self._clock():%Y%m%d}",
            "second": f"{self._clock():%Y-%m-%d %H:%M:%S}",
        }
        return View("home.html", data, extra)

    def reference(self, write: Callable[[Document], str]) -> View:
        """The API documentation. Its body stays while the program runs, and takes long to `write`."""
        if self._reference is None:
            document = read_document(self._openapi(), self._sources.measurements.base_url)
            self._reference = Markup(write(document))  # noqa: S704 - written by a template, which escapes
        return View("docs.html", {"openapi": "/openapi.json"}, {"body": self._reference}, section="docs")

    def asset(self, name: str) -> Asset | None:
        """A static file, or None where there is none of this name."""
        return self._assets.get(name)

    def _load_ledger(self) -> ledger.LedgerView:
        now = self._clock()
        return ledger.view(self._sources.spool.ledger(ledger.first_hour(now)), now)

    def _load_recent(self, kind: str) -> Recent:
        flag = {kind: True} if kind else {}
        asked = SearchParameters.model_validate({"limit": _NEWEST, **flag})
        try:
            page = self._sources.measurements.search(asked)
        except OonibError as exc:
            return Recent((), exc.message)
        return Recent([newest.line(listed) for listed in page.results])

    def _load_totals(self) -> Mapping[str, int]:
        # In a thread of its own, which has no event loop; the answer is shared with the API's clients.
        answer = asyncio.run(_awaited(self._sources.totals))
        found: dict[str, int] = orjson.loads(answer.body)
        return found

    def _load_published(self) -> list[dict[str, Any]]:
        return [_headline(found) for found in self._sources.published()[:_PUBLISHED]]


async def _awaited(totals: Totals) -> Answer:
    return await totals.global_overview()


def _headline(found: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("id", "slug", "title", "short_description", "start_time", "end_time", "CCs")
    return {name: found[name] for name in kept}


def _told(checks: Sequence[Finding] | None) -> list[dict[str, str]] | None:
    if checks is None:
        return None
    return [{"id": one.id, "status": one.status, "detail": one.detail} for one in checks]
