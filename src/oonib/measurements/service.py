"""What can be asked about measurements: search, the meta of one, its body (data contract 1, 2).

Answers in values; which header and text each gets is for `routes`. Turns what can go wrong below into the
errors that a client sees.
"""

import contextlib
import math
import re
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, Self

import msgspec

from oonib.archive import BodyStore, Wanted
from oonib.archive.fields import read_fields
from oonib.errors import BadRequest, Invalid, NotFound, Unavailable
from oonib.measurements import answers
from oonib.measurements.asking import begun, reading
from oonib.measurements.bodies import Bodies
from oonib.measurements.filters import Search, read_search
from oonib.measurements.gate import Gates
from oonib.measurements.peers import Peers
from oonib.measurements.schema import MetaParameters, OneParameters, SearchParameters
from oonib.measurements.store import AT_ONCE, MeasurementStore, Row
from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope
from oonib.model.reportid import tidy_asn
from oonib.model.uid import BadUid, parse_uid
from oonib.spool import Spool
from oonib.warehouse.client import Warehouse

SEARCH_PATH = "/api/v1/measurements"
RAW_PATH = "/api/v1/raw_measurement"
_SETTLED = timedelta(hours=72)
_REPORT_ID_RE = re.compile(r"[A-Za-z0-9_]{15,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Page:
    """A page of a search. `rest` goes on where `results` ends, in pages too long to be held at once.

    `settled`: the time of the search is so long over that hardly anything new comes in.
    """

    search: Search
    results: list[dict[str, Any]]
    rest: Iterator[dict[str, Any]] | None
    started: float
    settled: bool

    def metadata(self, count: int, next_url: str) -> dict[str, Any]:
        """Where a page of `count` results stands; nothing is counted beyond it."""
        offset, limit = self.search.offset, self.search.limit
        full = count == limit
        return {
            "count": -1 if full else offset + count,
            "current_page": math.ceil(offset / limit) + 1,
            "limit": limit,
            "next_url": next_url if full else None,
            "offset": offset,
            "pages": -1 if full else math.ceil((offset + count) / limit),
            "query_time": round(time.monotonic() - self.started, 6),
        }


class MeasurementService:
    """Reads measurements from wherever they are."""

    def __init__(
        self,
        store: MeasurementStore,
        bodies: Bodies,
        *,
        base_url: str,
        gates: Gates | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        close: Callable[[], None] = lambda: None,
    ) -> None:
        self._store = store
        self._bodies = bodies
        self._gates = gates or Gates()
        self._clock = clock
        self.base_url = base_url.rstrip("/")
        self.close = close

    @classmethod
    def build(
        cls,
        *,
        warehouse: Warehouse,
        spool: Spool,
        archive: BodyStore,
        other_collectors: Sequence[str],
        base_url: str,
        gates: Gates | None = None,
        most_rows: int = 0,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """The service over its real parts. `close` it at the end."""
        peers = Peers(other_collectors)
        bodies = Bodies(spool, archive, peers, clock)
        store = MeasurementStore(warehouse, most_rows=most_rows)
        return cls(store, bodies, base_url=base_url, gates=gates, clock=clock, close=peers.close)

    def search(self, asked: SearchParameters) -> Page:
        """A page of measurements (data contract 1). Raises `OonibError` kinds."""
        started = time.monotonic()
        now = self._clock()
        search = read_search(asked, now)
        if search.is_cheap:
            with reading():
                rows, rest = list(self._store.page(search)), None
        else:
            rows, rest = begun(self._gates, lambda: self._store.page(search), AT_ONCE + 1)
        following = None if rest is None else (self._listed(row) for row in rest)
        settled = search.until is not None and search.until < now - _SETTLED
        return Page(search, [self._listed(row) for row in rows], following, started, settled)

    def table(
        self, asked: SearchParameters, form: Literal["Parquet", "ArrowStream"]
    ) -> tuple[list[bytes], Iterator[bytes] | None]:
        """A page of measurements as a file: its first piece and the rest. Raises `OonibError` kinds."""
        search = read_search(asked, self._clock())
        raw_url = self.base_url + RAW_PATH
        return begun(self._gates, lambda: self._store.table(search, form, raw_url), 1)

    def explain(self, search: Search) -> dict[str, Any]:
        """The query of a page and the values bound in it."""
        return self._store.explain(search)

    def meta(self, asked: MetaParameters) -> tuple[dict[str, Any], bool]:
        """The meta of one measurement, empty where there is none, and whether to rely on it for a while.

        (Data contract 2.1.) It is not final when the body that was asked for could not be fetched just now.
        """
        row = self._shown(asked, "Missing measurement_uid or report_id. You should provide at the least one")
        if row is None:
            return ({"raw_measurement": ""} if asked.full else {}), True
        found = answers.meta(row, self._category(asked, row))
        if not asked.full:
            return found, True
        try:
            body, final = self._body(row) or b"", True
        except Unavailable:
            body, final = b"", False
        found["raw_measurement"] = body.decode("utf-8", "replace")
        return found, final

    def raw(self, asked: OneParameters) -> bytes | None:
        """The body of one measurement, None where there is no such measurement (data contract 2.2).

        Raises `NotFound` when there is one whose body nobody has, `Gone` when it was removed.
        """
        try:
            body = self._raw(asked)
        except NotFound:
            self._refuse_removed(asked)
            raise
        if body is None:
            self._refuse_removed(asked)
        return body

    def _refuse_removed(self, asked: OneParameters) -> None:
        if asked.measurement_uid is not None:
            self._bodies.refuse_removed(asked.measurement_uid)

    def _raw(self, asked: OneParameters) -> bytes | None:
        # What is in the spool passed the checks of acceptance, so no row needs to be asked about it.
        fresh = self._spooled(asked, fresh_only=True)
        if fresh is not None:
            return fresh
        try:
            row = self._row(asked, "Either report_id or measurement_uid must be provided")
        except Unavailable:
            # Bodies are served while ClickHouse is away, as long as the spool has them.
            kept = self._spooled(asked, fresh_only=False)
            if kept is None:
                raise
            return kept
        if row is None:
            return None if asked.measurement_uid is None else self._unscored(asked.measurement_uid)
        if row.probe_asn == 0:
            return None
        body = self._body(row)
        if body is None:
            raise NotFound("Measurement not found")
        return body

    def body(self, uid: str) -> bytes:
        """The body of a measurement (data contract 2.3). Raises `NotFound`."""
        body = self.raw(OneParameters.model_validate({"measurement_uid": uid}))
        if body is None:
            raise NotFound("Measurement not found")
        return body

    def spooled(self, folder: str, name: str) -> bytes:
        """What another host fetches: the stored bytes under a path of the spool. Raises `NotFound`."""
        with contextlib.suppress(BadUid):
            uid = parse_uid(name.removesuffix(".post"))
            if uid.spool_path == f"{folder}/{name}":
                stored = self._bodies.stored(uid)
                if stored is not None:
                    return stored
        raise NotFound("Not found")

    def _spooled(self, asked: OneParameters, *, fresh_only: bool) -> bytes | None:
        if asked.measurement_uid is None:
            return None
        body = self._bodies.spooled(asked.measurement_uid, fresh_only=fresh_only)
        return body if body is not None and _has_network(body) else None

    def _listed(self, row: Row) -> dict[str, Any]:
        return answers.listed(row, self.base_url + RAW_PATH)

    def _shown(self, asked: OneParameters, missing: str) -> Row | None:
        """The row that is asked for, unless it is of an unknown network."""
        row = self._row(asked, missing)
        return None if row is None or row.probe_asn == 0 else row

    def _row(self, asked: OneParameters, missing: str) -> Row | None:
        if asked.measurement_uid is None and asked.report_id is None:
            raise BadRequest(missing)
        with reading():
            if asked.measurement_uid is not None:
                return self._store.by_uid(asked.measurement_uid)
            if not _REPORT_ID_RE.fullmatch(asked.report_id or ""):
                raise Invalid("Invalid report_id field")
            return self._store.by_report(asked.report_id or "", asked.input or "")

    def _category(self, asked: OneParameters, row: Row) -> str | None:
        if asked.measurement_uid is None and asked.input is None:
            return None
        if not row.input:
            return ""
        with reading():
            return self._store.category(row.input)

    def _body(self, row: Row) -> bytes | None:
        return self._bodies.find(Wanted(row.measurement_uid, row.report_id, row.input))

    def _unscored(self, uid: str) -> bytes | None:
        """The body of what has no row (yet): accepted a moment ago, or rejected by a rule."""
        body = self._bodies.find(Wanted(uid))
        return body if body is not None and _has_network(body) else None


class _Network(msgspec.Struct):
    probe_asn: Any = None


def _has_network(body: bytes) -> bool:
    """Whether the probe knew its network: the rule for rows, for a body that has none."""
    try:
        return tidy_asn(read_fields(body, _Network)["probe_asn"]) != 0
    except (jsontext.MalformedJson, BadEnvelope):
        return False
