"""What the pages show, gathered and rendered. Knows no HTTP and no store: it asks what it was given.

Each part of the home page stands alone: one that cannot be looked up says so and the others are shown.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any, Protocol

from oonib.errors import OonibError
from oonib.measurements.schema import SearchParameters
from oonib.measurements.service import MeasurementService
from oonib.spool import Spool
from oonib.web import ledger, newest
from oonib.web.assets import Asset
from oonib.web.frame import View
from oonib.web.reference import Document, read_document
from oonib.web.snapshot import Patience, Snapshot

_NEWEST = 12
_KINDS = {"": "all", "anomaly": "anomalies", "confirmed": "confirmed", "failure": "failures"}
"""Which measurements the home page can list: the flag that is asked for, and the word on the page."""


class Finding(Protocol):
    """One thing that the health check looked at."""

    @property
    def id(self) -> str:
        """Its stable name."""

    @property
    def status(self) -> str:
        """`ok`, `warning` or `fail`."""

    @property
    def detail(self) -> str:
        """A sentence."""


@dataclass(frozen=True, slots=True)
class Recent:
    """The newest measurements, or why they cannot be listed."""

    lines: Sequence[newest.Line]
    problem: str = ""


class WebService:
    """The pages of one API process. `clock` gives the time as an aware datetime."""

    def __init__(
        self,
        *,
        health: Callable[[], Sequence[Finding]],
        spool: Spool,
        measurements: MeasurementService,
        openapi: Callable[[], dict[str, Any]],
        assets: Mapping[str, Asset],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        patience: Patience | None = None,
    ) -> None:
        self._spool = spool
        self._measurements = measurements
        self._openapi = openapi
        self._clock = clock
        self._assets = assets
        self._reference: Document | None = None
        self._findings = Snapshot("findings", health, patience)
        self._ledger = Snapshot("ledger", self._load_ledger, patience)
        self._recent = {
            kind: Snapshot(f"newest {word}", partial(self._load_recent, kind), patience)
            for kind, word in _KINDS.items()
        }

    def home(self, kind: str = "") -> View:
        """The home page as things stand. `kind`: which measurements it lists; unknown ones count as all."""
        kind = kind if kind in self._recent else ""
        for part in (self._findings, self._ledger, self._recent[kind]):
            part.ask()
        data = {
            "findings": self._findings.get(),
            "ledger": self._ledger.get(),
            "recent": self._recent[kind].get(),
            "kind": kind,
            "now": self._clock(),
        }
        chart = (ledger.CHART_WIDTH, ledger.CHART_HEIGHT)
        return View("home.html", data, {"kinds": _KINDS, "chart": chart})

    def reference(self) -> View:
        """The API documentation; it does not change while the program runs."""
        if self._reference is None:
            self._reference = read_document(self._openapi(), self._measurements.base_url)
        return View("docs.html", {"openapi": "/openapi.json"}, {"document": self._reference}, section="docs")

    def asset(self, name: str) -> Asset | None:
        """A static file, or None where there is none of this name."""
        return self._assets.get(name)

    def _load_ledger(self) -> ledger.LedgerView:
        now = self._clock()
        return ledger.view(self._spool.ledger(ledger.first_hour(now)), now)

    def _load_recent(self, kind: str) -> Recent:
        flag = {kind: True} if kind else {}
        asked = SearchParameters.model_validate({"limit": _NEWEST, **flag})
        try:
            page = self._measurements.search(asked)
        except OonibError as exc:
            return Recent((), exc.message)
        return Recent([newest.line(listed) for listed in page.results])
