"""The index made again from the archive alone, for a ClickHouse that has lost it or never had it.

Reads both objects of each can side by side: uids are the names of the posts, places are those of the lines.
Whether objects are what was signed is for `oonib archive verify` to say; what gives no row is named here.
"""

import io
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

import structlog

from oonib.archive.building import BuiltLine
from oonib.archive.gunzip import LONGEST_LINE, BadArchive
from oonib.archive.indexing import COLUMNS, TABLE, Row, rows
from oonib.archive.lines import UNREADABLE, line_of, read_line
from oonib.archive.names import BadCanName, CanName, parse_can_key
from oonib.archive.placing import Member, lines_and_members
from oonib.archive.reading.current import uid_in
from oonib.archive.reading.found import Damaged, Problem
from oonib.archive.reading.streams import PieceReader, content
from oonib.archive.reading.tar import Form, members
from oonib.archive.writers import Place
from oonib.objects import ObjectNotFound, ObjectStore
from oonib.warehouse.ports import Inserts

_ROWS_AT_ONCE = 20_000
_LONGEST_MEMBER = 4 * 1024 * 1024
"""Bytes. Members of others may be whole files; their lines are read from the beginning of the object."""

_BUFFER = 256 * 1024
_log = structlog.get_logger("reindex")


@dataclass(slots=True)
class ReindexSummary:
    """What a run did. `problems` by reason; each was logged with its place when it came up."""

    cans: int = 0
    rows: int = 0
    bytes: int = 0
    share: float = 0.0
    problems: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Found:
    """A can of the store: how large it is, and whether its posts are there."""

    name: CanName
    size: int
    posts: bool
    share: float


class Reindexer:
    """Puts the rows of archived cans into the index again. Done twice it changes nothing."""

    def __init__(
        self,
        objects: ObjectStore,
        warehouse: Inserts,
        report: Callable[[ReindexSummary], None] = lambda _summary: None,
    ) -> None:
        self._objects = objects
        self._warehouse = warehouse
        self._report = report
        # A token of the packer's kind may be known to a table that has lost its rows.
        self._token = f"reindex-{uuid.uuid4().hex}"
        self._blocks = 0
        self._rows: list[Row] = []
        self.summary = ReindexSummary()

    def run(self, since: datetime, until: datetime) -> ReindexSummary:
        """The cans of the hours from `since` to before `until` (aware, UTC, whole hours).

        Raises `ObjectStoreError` and `WarehouseError`; done again it does everything again.
        """
        for can in cans_between(self._objects, since, until):
            self._can(can)
            self.summary.cans += 1
            self.summary.bytes += can.size
            self.summary.share += can.share
            if len(self._rows) >= _ROWS_AT_ONCE:
                self._insert()
            self._report(self.summary)
        self._insert()
        return self.summary

    def _can(self, can: _Found) -> None:
        lines: list[BuiltLine] = []
        try:
            for item in lines_in(self._objects, can.name, posts=can.posts):
                if isinstance(item, Problem):
                    self._problem(item)
                else:
                    lines.append(item)
        except (BadArchive, Damaged, ObjectNotFound) as exc:
            self._problem(Problem(can.name.jsonl, "damaged", f"{type(exc).__name__}: {exc}"))
        self._rows += rows(can.name, lines)

    def _problem(self, problem: Problem) -> None:
        self.summary.problems[problem.reason] += 1
        _log.warning("problem", place=problem.place, reason=problem.reason, detail=problem.detail[:300])

    def _insert(self) -> None:
        if not self._rows:
            return
        self._warehouse.insert(TABLE, COLUMNS, self._rows, dedup_token=f"{self._token}-{self._blocks}")
        self.summary.rows += len(self._rows)
        self._blocks += 1
        self._rows = []


def cans_between(objects: ObjectStore, since: datetime, until: datetime) -> Iterator[_Found]:
    """The cans that have lines, a day at a time, in order. Raises `ObjectStoreError`."""
    day = since.date()
    days = (until - timedelta(microseconds=1)).date().toordinal() - day.toordinal() + 1
    for _ in range(days):
        found: dict[CanName, dict[str, int]] = {}
        for info in objects.list(f"raw/{day:%Y%m%d}"):
            try:
                name, kind = parse_can_key(info.key)
            except BadCanName:
                continue
            if f"{since:%Y%m%d%H}" <= name.hour < f"{until:%Y%m%d%H}":
                found.setdefault(name, {})[kind] = info.size
        whole = {name: kinds for name, kinds in found.items() if "jsonl.gz" in kinds}
        for name, kinds in sorted(whole.items(), key=lambda one: one[0].stem):
            yield _Found(name, sum(kinds.values()), "tar.gz" in kinds, 1 / len(whole) / days)
        day += timedelta(days=1)


def lines_in(objects: ObjectStore, name: CanName, *, posts: bool) -> Iterator[BuiltLine | Problem]:
    """The lines of a can that are measurements, with uid and place, and what cannot be placed.

    Raises `ObjectStoreError`, `BadArchive` and `Damaged` behind what is sound.
    """
    source = _posts(objects, name.postcan) if posts else iter(())
    waiting: list[_Unplaced] = []
    number = 0
    for item in lines_and_members(objects.stream(name.jsonl)):
        if isinstance(item, Member):
            yield from _placed(waiting, item)
            waiting.clear()
            continue
        owner = _owner(item.text, next(source, None))
        if isinstance(owner, str):
            yield Problem(f"{name.jsonl}:{number}", owner, "the line gets no row")
        elif owner is not None:
            waiting.append(_Unplaced(number, item.number_in_member, *owner))
        number += 1
    yield from _placed(waiting, _ELSEWHERE)
    if next(source, None) is not None:
        yield Problem(f"{name.jsonl}:{number}", "line_missing", "there are more posts than lines")


class _Unplaced(NamedTuple):
    """A line whose member has not ended yet; its text is not kept."""

    number: int
    number_in_member: int | None
    uid: str
    report_id: str
    input: str


_ELSEWHERE = Member(0, 0)


def _owner(text: bytes, post: tuple[str, bytes] | None) -> tuple[str, str, str] | str | None:
    """Uid, report id and input of a line; why it has none; None where there is no measurement."""
    if text == UNREADABLE:
        return None
    line = line_of(text)
    if line.problem is not None:
        return "bad_json"
    uid = uid_in(text)
    if post is not None:
        uid, stored = post
        expected = read_line(stored)
        # Others wrote lines in other words than posts.
        if expected.text != text and (expected.report_id, expected.input) != (line.report_id, line.input):
            return "not_of_its_post"
    return (uid, line.report_id, line.input) if uid else "no_uid"


def _placed(waiting: Iterable[_Unplaced], member: Member) -> Iterator[BuiltLine]:
    for line in waiting:
        where = member if member.length <= _LONGEST_MEMBER else _ELSEWHERE
        if line.number_in_member is None or where is _ELSEWHERE:
            place = Place(line.number, 0, 0, 0)
        else:
            place = Place(line.number, where.offset, where.length, line.number_in_member)
        yield BuiltLine(line.uid, line.report_id, line.input, place, None)


def _posts(objects: ObjectStore, key: str) -> Iterator[tuple[str, bytes]]:
    """Uid and bytes of each post. Raises `ObjectStoreError` and `Damaged`."""
    with io.BufferedReader(PieceReader(objects.stream(key)), _BUFFER) as stream:
        for member in members(content(stream)):
            if member.form is not Form.FILE:
                continue
            if member.content.size > LONGEST_LINE:
                raise Damaged("member_too_large", f"{member.content.size} bytes")
            yield member.last_part.removesuffix(".post"), member.content.read()
