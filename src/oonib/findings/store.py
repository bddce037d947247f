"""What is kept of findings, and the queries over it. Rows go in and out as mappings of column names."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, delete, insert, select, update
from sqlalchemy.orm import Session as Transaction

from oonib.accounts.store import note
from oonib.findings import slugs
from oonib.records import Conflict, Records
from oonib.records.changes import changes, note_change
from oonib.records.tables import ALL, FINDINGS
from oonib.records.values import storable

Row = Mapping[str, Any]

_FINDING, _ALIAS, _VALUE = (ALL.tables[name] for name in ("finding", "finding_slug_alias", "finding_value"))
_WITHOUT_TEXT = [column for column in _FINDING.columns if column.name != "text"]
FILTERED = {"theme": "themes", "country_code": "country_codes", "asn": "asns", "domain": "domains"}
"""Lists that can be filtered by, and the columns that they are."""

_SLUGS_AT_ONCE, _MOST_ROUNDS = 50, 200

# Made once: making a query costs more than asking it.
_KEY = bindparam("key", type_=_FINDING.c.id.type)
_ANY = select(_FINDING).where(_FINDING.c.deleted.is_(False))
_BY_ID = _ANY.where(_FINDING.c.id == _KEY)
_BY_SLUG = _ANY.where(_FINDING.c.slug == _KEY)
_BY_OLD_SLUG = _ANY.join(_ALIAS, _ALIAS.c.finding_id == _FINDING.c.id).where(_ALIAS.c.slug == _KEY)


class SlugTaken(Exception):
    """Another finding has or had that slug."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Who changes what, when; `version` is that of the row that the decision was made on."""

    account_id: str
    now: datetime
    id: str
    version: int


class FindingStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`, with nothing written."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def search(
        self, filters: Mapping[str, Sequence[str]], *, drafts: bool, creator: str | None
    ) -> Sequence[Row]:
        """Findings without texts, the latest first. `filters`: alternatives by the keys of `FILTERED`."""
        wanted = {kind: list(values) for kind, values in filters.items() if values}
        single = frozenset(kind for kind, values in wanted.items() if len(values) == 1)
        query = _searching(single, frozenset(wanted) - single, drafts=drafts, of_creator=creator is not None)
        given = {kind: values[0] if kind in single else values for kind, values in wanted.items()}
        with self._records.rows() as connection:
            return [row._asdict() for row in connection.execute(query, {**given, "creator": creator})]

    def state(self) -> int:
        """A number that is another after each change of a finding. To be asked before what is to be kept."""
        with self._records.rows() as connection:
            return changes(connection, FINDINGS)

    def find(self, key: str) -> Row | None:
        """The finding with this id, slug, or slug of earlier."""
        if not storable(key):
            return None
        with self._records.rows() as connection:
            return _find(connection, key)

    def create(self, account_id: str, row: Row, slug: str | None, base: str) -> None:
        """Add one, with `slug` or the first of `base` and its followers that is free. Raises `SlugTaken`."""
        with self._records.write() as session:
            note_change(session, FINDINGS)
            chosen = _free(session, [slug]) if slug is not None else _first_free(session, base)
            if chosen is None:
                raise SlugTaken
            session.execute(insert(_FINDING).values(**row, slug=chosen))
            _index(session, row["id"], row)
            if row["published"]:
                note(session, row["create_time"], account_id, "finding.publish", row["id"])

    def change(self, edit: Edit, row: Row, slug: str | None) -> None:
        """Put `row` in the place of what was; with `slug`, the old one is an alias. Raises `SlugTaken`."""
        with self._records.write() as session:
            note_change(session, FINDINGS)
            before = _changed(session, edit, {**row, "update_time": edit.now})
            _index(session, edit.id, row)
            if slug is not None and slug != before["slug"]:
                _rename(session, edit.id, before["slug"], slug)
            if row["published"] != before["published"]:
                _note_published(session, edit, published=row["published"])

    def publish(self, edit: Edit, *, published: bool) -> None:
        """Show it to everybody, or no longer."""
        with self._records.write() as session:
            note_change(session, FINDINGS)
            _changed(session, edit, {"published": published, "update_time": edit.now})
            _note_published(session, edit, published=published)

    def delete(self, edit: Edit) -> None:
        """Remove it for good."""
        with self._records.write() as session:
            note_change(session, FINDINGS)
            gone = session.execute(delete(_FINDING).where(*_unchanged(edit)).returning(_FINDING.c.id))
            if gone.first() is None:
                raise Conflict("the finding was changed meanwhile")
            note(session, edit.now, edit.account_id, "finding.delete", edit.id)


@cache
def _searching(
    single: frozenset[str], several: frozenset[str], *, drafts: bool, of_creator: bool
) -> Select[Any]:
    """The query with these filters: there are few, and to make one costs more than to ask it.

    `single`: with one value, which needs not be written out for each request as a list must.
    """
    return (
        select(*_WITHOUT_TEXT)
        .where(*_general(drafts=drafts, of_creator=of_creator), *_filtered(single, several))
        .order_by(_FINDING.c.start_time.desc(), _FINDING.c.id.desc())
    )


def _general(*, drafts: bool, of_creator: bool) -> Iterator[ColumnElement[bool]]:
    # Said so that no index fits: almost all are published, and SQLite would go through them one by one.
    yield _FINDING.c.deleted.is_not(True)
    if not drafts:
        yield _FINDING.c.published.is_not(False)
    if of_creator:
        yield _FINDING.c.creator_account_id == bindparam("creator")


def _filtered(single: frozenset[str], several: frozenset[str]) -> Iterator[ColumnElement[bool]]:
    value = _VALUE.c.value
    wanted = {kind: value == bindparam(kind) for kind in single}
    wanted |= {kind: value.in_(bindparam(kind, expanding=True)) for kind in several}
    for kind in sorted(wanted):
        yield _FINDING.c.id.in_(select(_VALUE.c.finding_id).where(_VALUE.c.kind == kind, wanted[kind]))


def _find(connection: Connection, key: str) -> Row | None:
    if slugs.is_id(key):
        return _one(connection, _BY_ID, key=key)
    return _one(connection, _BY_SLUG, key=key) or _one(connection, _BY_OLD_SLUG, key=key)


def _one(connection: Connection | Transaction, query: Select[Any], **given: object) -> Row | None:
    found = connection.execute(query, given).first()
    return None if found is None else found._asdict()


def _unchanged(edit: Edit) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _FINDING.c.id == edit.id, _FINDING.c.version == edit.version


def _changed(session: Transaction, edit: Edit, row: Row) -> Row:
    """Change the row; what it was before."""
    before = _one(session, select(_FINDING.c.slug, _FINDING.c.published).where(*_unchanged(edit)))
    values = {**row, "version": edit.version + 1}
    done = session.execute(update(_FINDING).where(*_unchanged(edit)).values(values).returning(_FINDING.c.id))
    if before is None or done.first() is None:
        raise Conflict("the finding was changed meanwhile")
    return before


def _index(session: Transaction, finding_id: str, row: Row) -> None:
    session.execute(delete(_VALUE).where(_VALUE.c.finding_id == finding_id))
    values = [
        {"finding_id": finding_id, "kind": kind, "value": value}
        for kind, column in FILTERED.items()
        for value in sorted({str(one) for one in row[column]})
    ]
    if values:
        session.execute(insert(_VALUE), values)


def _rename(session: Transaction, finding_id: str, old: str, new: str) -> None:
    # One that the finding had before may come back to it.
    session.execute(delete(_ALIAS).where(_ALIAS.c.slug == new, _ALIAS.c.finding_id == finding_id))
    if _free(session, [new]) is None:
        raise SlugTaken
    session.execute(update(_FINDING).where(_FINDING.c.id == finding_id).values(slug=new))
    session.execute(insert(_ALIAS).values(slug=old, finding_id=finding_id))


def _first_free(session: Transaction, base: str) -> str | None:
    candidates = slugs.numbered(base)
    for _ in range(_MOST_ROUNDS):
        free = _free(session, list(islice(candidates, _SLUGS_AT_ONCE)))
        if free is not None:
            return free
    return None


def _free(session: Transaction, candidates: Sequence[str]) -> str | None:
    taken = {
        slug
        for table in (_FINDING, _ALIAS)
        for slug in session.scalars(select(table.c.slug).where(table.c.slug.in_(candidates)))
    }
    return next((slug for slug in candidates if slug not in taken), None)


def _note_published(session: Transaction, edit: Edit, *, published: bool) -> None:
    action = "finding.publish" if published else "finding.unpublish"
    note(session, edit.now, edit.account_id, action, edit.id)
