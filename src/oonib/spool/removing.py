"""Taking a measurement out of the spool for good, so that the ledger still adds up. Why is not said here."""

from oonib.spool.database import Database
from oonib.spool.errors import SpoolBusy
from oonib.spool.letters import count

_ENTRY = """
SELECT entry.seq, coalesce(can.state, ''),
    entry.seq > coalesce((SELECT seq FROM watermark WHERE consumer = 'fastpath'), 0)
FROM entry LEFT JOIN can ON can.id = entry.can WHERE entry.uid = ?
"""


def remove(database: Database, uid: str) -> bool:
    """Delete the entry, the body and the dead letter of `uid`; False when the spool has none of them.

    The same bytes sent again by a probe are recognised as long as digests are kept, and not stored. Raises
    `SpoolBusy` while the measurement is on its way into the archive.
    """
    with database.write() as connection:
        letters = connection.execute("DELETE FROM dead_letter WHERE uid = ?", (uid,)).rowcount
        row = connection.execute(_ENTRY, (uid,)).fetchone()
        if row is None:
            return letters > 0
        seq, state, unscored = row
        if state in ("planned", "uploaded"):
            # Its can has a name and perhaps an object already: what is in it must not change any more.
            raise SpoolBusy(f"{uid} is on its way into the archive; `oonib archive pack` ends that")
        connection.execute("DELETE FROM body WHERE seq = ?", (seq,))
        connection.execute("DELETE FROM entry WHERE seq = ?", (seq,))
        if unscored:
            count(connection, uid, "removed_unscored", "", 1)
        if not state:
            count(connection, uid, "removed_unarchived", "", 1)
    return True
