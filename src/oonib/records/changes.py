"""Counts the changes of each kind of record, so that readers know whether what they have ready is current.

Exact for all that this program writes, whichever worker or host does. Knows nothing of what changed.
"""

import secrets

from sqlalchemy import Connection, bindparam, select, text
from sqlalchemy.orm import Session

from oonib.records.tables import ALL

_COUNTER = ALL.tables["counter"]
_COUNT = text(
    "INSERT INTO counter (name, next) VALUES (:name, :first)"
    " ON CONFLICT (name) DO UPDATE SET next = counter.next + 1"
)
_COUNTED = select(_COUNTER.c.next).where(_COUNTER.c.name == bindparam("name"))
_START_BITS = 30


def note_change(session: Session, kind: str) -> None:
    """Count a change, in its transaction and before it: writers of a kind then go one after the other."""
    # From anywhere, or a database that was made anew would be taken for the one before.
    session.execute(_COUNT, {"name": _name(kind), "first": secrets.randbits(_START_BITS)})


def changes(connection: Connection, kind: str) -> int:
    """A number that is another after each change; 0 before the first. Ask before reading what changes."""
    return int(connection.scalar(_COUNTED, {"name": _name(kind)}) or 0)


def _name(kind: str) -> str:
    return f"changes of {kind}"
