"""The rows of one group commit, written with a handful of statements whatever the size of the group.

Each statement gives the interpreter's lock away once and has to wait for it afterwards, beside a busy event
loop for longer than it runs. So a group goes into SQLite as one JSON text and two byte strings, and is taken
apart there.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from oonib.model.uid import parse_uid
from oonib.spool.entries import DIGEST_BYTES, Receipt, Submission

_SECONDS_A_DAY = 86400

_ITEMS = """
WITH item AS (
    SELECT key AS i, json_extract(value, '$[0]') AS uid, json_extract(value, '$[1]') AS report_id,
        json_extract(value, '$[2]') AS hour, json_extract(value, '$[3]') AS cc,
        json_extract(value, '$[4]') AS test, json_extract(value, '$[5]') AS size,
        json_extract(value, '$[6]') AS start, json_extract(value, '$[7]') AS length
    FROM json_each(:items)
)
"""
_DIGEST = f"substr(:digests, 1 + {DIGEST_BYTES} * i, {DIGEST_BYTES})"
# Put together from constants of this module; every value is bound.
_REMEMBER = (
    f"{_ITEMS} INSERT INTO digest (digest, uid, report_id, day)"  # noqa: S608
    f" SELECT {_DIGEST}, uid, report_id, :day FROM item WHERE true ORDER BY i ON CONFLICT DO NOTHING"
)
_KNOWN = (
    f"{_ITEMS} SELECT json_group_object(i, json_array(digest.uid, digest.report_id))"  # noqa: S608
    f" FROM item CROSS JOIN digest ON digest.digest = {_DIGEST}"
)
_ENTER = (
    f"{_ITEMS} INSERT INTO entry (uid, hour, cc, test, received, size)"  # noqa: S608
    f" SELECT item.uid, hour, cc, test, :now, size FROM item CROSS JOIN digest ON digest.digest = {_DIGEST}"
    " WHERE digest.uid = item.uid AND i NOT IN (SELECT value FROM json_each(:before))"
    " ORDER BY i ON CONFLICT DO NOTHING"
)
_LAST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'entry'), 0)"
_ENTERED = "SELECT json_group_array(uid) FROM entry WHERE seq > :last"
_BODIES = (
    f"{_ITEMS} INSERT OR IGNORE INTO body SELECT entry.seq, substr(:bodies, start, length)"  # noqa: S608
    " FROM item CROSS JOIN entry ON entry.uid = item.uid WHERE entry.seq > :last"
)
_COUNT = "INSERT INTO ledger VALUES (?, ?, '', ?) ON CONFLICT DO UPDATE SET n = n + excluded.n"


@dataclass(frozen=True, slots=True)
class Batch:
    """A group, laid out for SQLite: `items` is JSON, `digests` and `bodies` are joined in its order."""

    group: Sequence[Submission]
    items: str
    digests: bytes
    bodies: bytes

    @classmethod
    def of(cls, group: Sequence[Submission], packed: Sequence[bytes]) -> Self:
        """Lay out a group with its compressed bodies."""
        items, start = [], 1
        for submission, body in zip(group, packed, strict=True):
            uid = parse_uid(submission.uid)
            size = len(submission.stored)
            items.append(
                (submission.uid, submission.report_id, uid.hour, uid.cc, uid.test, size, start, len(body))
            )
            start += len(body)
        digests = b"".join(submission.digest for submission in group)
        return cls(group, json.dumps(items), digests, b"".join(packed))

    def insert(self, connection: sqlite3.Connection, now: float) -> list[Receipt]:
        """Write the rows inside a transaction; the receipts in the order of the group."""
        values = {"items": self.items, "digests": self.digests, "now": now, "day": int(now // _SECONDS_A_DAY)}
        values["last"] = connection.execute(_LAST).fetchone()[0]
        known = json.loads(connection.execute(_KNOWN, values).fetchone()[0])
        # What is known and no longer here has been archived or removed: it never comes back in.
        values["before"] = json.dumps([int(number) for number in known])
        connection.execute(_REMEMBER, values)
        connection.execute(_ENTER, values)
        entered = set(json.loads(connection.execute(_ENTERED, values).fetchone()[0]))
        connection.execute(_BODIES, {**values, "bodies": self.bodies})
        first: dict[bytes, tuple[str, str]] = {}
        receipts = []
        for number, submission in enumerate(self.group):
            now_first = first.setdefault(submission.digest, (submission.uid, submission.report_id))
            uid, report_id = known.get(str(number), now_first)
            # Known by its digest, or by its uid: an export that is taken in again.
            new = uid == submission.uid and uid in entered
            entered.discard(uid)
            receipts.append(Receipt(uid, report_id, duplicate=not new))
        connection.executemany(_COUNT, _counts(receipts))
        return receipts


def _counts(receipts: Sequence[Receipt]) -> list[tuple[str, str, int]]:
    outcomes = Counter(
        (receipt.uid[:10], "duplicate" if receipt.duplicate else "accepted") for receipt in receipts
    )
    return [(hour, outcome, n) for (hour, outcome), n in outcomes.items()]
