"""What is kept of links, and the queries over it: each reads one revision, however many there are."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, text, update
from sqlalchemy.orm import Session as Transaction

from oonib.records import Conflict, Records
from oonib.records.tables import ALL

Row = Mapping[str, Any]
LATEST = None
FIRST_ID = 10_000
"""Smaller ids are for official links."""

_LINK, _REVISION, _NETTEST, _COUNTER = (
    ALL.tables[name] for name in ("oonirun_link", "oonirun_revision", "oonirun_nettest", "counter")
)
_SAID = [c for c in _NETTEST.columns if c.name not in ("link_id", "revision", "nettest_index")]
_COUNTED = "oonirun_link"
_FIRST_NUMBER = text("INSERT INTO counter (name, next) VALUES (:name, :first) ON CONFLICT DO NOTHING")

# Made once: making a query costs more than asking it.
_ASKED = bindparam("link_id", type_=_LINK.c.id.type), bindparam("revision", type_=_REVISION.c.revision.type)
_AT_NEWEST, _AT_REVISION = (
    select(_LINK, _REVISION.c.date_created.label("revised"))
    .join(_REVISION, (_REVISION.c.link_id == _LINK.c.id) & (_REVISION.c.revision == wanted))
    .where(_LINK.c.id == _ASKED[0])
    for wanted in (_LINK.c.revision, _ASKED[1])
)
_NUMBER_OF_NEWEST = select(_LINK.c.revision).where(_LINK.c.id == _ASKED[0])
_NETTESTS_OF = (
    select(*_SAID)
    .where(_NETTEST.c.link_id == _ASKED[0], _NETTEST.c.revision == _ASKED[1])
    .order_by(_NETTEST.c.nettest_index)
)


@dataclass(frozen=True, slots=True)
class Found:
    """A link at a revision, which came to be at `revised`. `nettests`: in order, without their place."""

    link: Row
    revision: int
    revised: datetime
    nettests: list[dict[str, Any]]


class LinkStore:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`, with nothing written."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, link_id: str, revision: int | None = LATEST) -> Found | None:
        """A link at a revision, by default the newest; None where either is not there."""
        query = _AT_NEWEST if revision is None else _AT_REVISION
        with self._records.rows() as connection:
            found = connection.execute(query, {"link_id": link_id, "revision": revision}).first()
            if found is None:
                return None
            row = found._asdict()
            number = row["revision"] if revision is None else revision
            return Found(row, number, row["revised"], _nettests(connection, link_id, number))

    def newest_revision(self, link_id: str) -> int | None:
        """The number of a link's revisions."""
        with self._records.rows() as connection:
            return connection.scalar(_NUMBER_OF_NEWEST, {"link_id": link_id})

    def links(self, *, creator: str | None, unexpired_at: datetime | None) -> list[Found]:
        """Links at their newest revisions, in the order in which they came to be; `revised` is the link's."""
        query = select(_LINK).where(*_conditions(creator, unexpired_at)).order_by(_LINK.c.date_created)
        at_newest = (_NETTEST.c.link_id == _LINK.c.id) & (_NETTEST.c.revision == _LINK.c.revision)
        nettests = (
            select(_LINK.c.id, *_SAID)
            .select_from(_LINK)
            # Outer, so that SQLite cannot begin with the nettests: those of all revisions.
            .outerjoin(_NETTEST, at_newest)
            .where(*_conditions(creator, unexpired_at))
            .order_by(_LINK.c.id, _NETTEST.c.nettest_index)
        )
        with self._records.rows() as connection:
            by_link: dict[str, list[dict[str, Any]]] = {}
            for row in connection.execute(nettests):
                said = row._asdict()
                by_link.setdefault(said.pop("id"), []).append(said)
            rows = [row._asdict() for row in connection.execute(query)]
        rows.sort(key=lambda row: (row["date_created"], int(row["id"])))
        return [Found(row, row["revision"], row["date_created"], by_link.get(row["id"], [])) for row in rows]

    def create(self, row: Row, nettests: Sequence[Row]) -> Found:
        """Add a link with its first revision, under the next id. `row`: all but `id` and the numbers."""
        with self._records.write() as session:
            link = {**row, "id": str(_next_number(session)), "revision": 1, "version": 1}
            session.execute(insert(_LINK).values(link))
            _add_revision(session, link["id"], 1, link["date_created"], nettests)
        return Found(link, 1, link["date_created"], [dict(one) for one in nettests])

    def change(self, before: Found, changes: Row, nettests: Sequence[Row]) -> Found:
        """Put `changes` in the place of what `before` says; other nettests make a new revision."""
        link = {**before.link, **changes, "version": before.link["version"] + 1}
        same = _alike(list(nettests), before.nettests)
        link["revision"] = before.revision if same else before.revision + 1
        values = {key: link[key] for key in (*changes, "version", "revision")}
        unchanged = (_LINK.c.id == link["id"], _LINK.c.version == before.link["version"])
        with self._records.write() as session:
            done = session.execute(update(_LINK).where(*unchanged).values(values).returning(_LINK.c.id))
            if done.first() is None:
                raise Conflict("the link was changed meanwhile")
            if not same:
                _add_revision(session, link["id"], link["revision"], link["date_updated"], nettests)
        return Found(link, link["revision"], link["date_updated"], [dict(one) for one in nettests])


def _nettests(connection: Connection, link_id: str, revision: int) -> list[dict[str, Any]]:
    found = connection.execute(_NETTESTS_OF, {"link_id": link_id, "revision": revision})
    return [row._asdict() for row in found]


def _conditions(creator: str | None, unexpired_at: datetime | None) -> Iterator[ColumnElement[bool]]:
    if creator is not None:
        yield _LINK.c.creator_account_id == creator
    if unexpired_at is not None:
        yield _LINK.c.expiration_date >= unexpired_at


def _next_number(session: Transaction) -> int:
    session.execute(_FIRST_NUMBER, {"name": _COUNTED, "first": FIRST_ID})
    step = update(_COUNTER).where(_COUNTER.c.name == _COUNTED).values(next=_COUNTER.c.next + 1)
    following = session.execute(step.returning(_COUNTER.c.next)).scalar_one()
    return int(following) - 1


def _add_revision(
    session: Transaction, link_id: str, revision: int, now: datetime, nettests: Iterable[Row]
) -> None:
    session.execute(insert(_REVISION).values(link_id=link_id, revision=revision, date_created=now))
    rows = [
        {**one, "link_id": link_id, "revision": revision, "nettest_index": index}
        for index, one in enumerate(nettests)
    ]
    session.execute(insert(_NETTEST), rows)


def _alike(one: object, other: object) -> bool:
    """Whether two JSON values are the same: 1 and true are not, though they are equal here."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_alike(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_alike, one, other))
    return one == other and isinstance(one, bool) == isinstance(other, bool)
