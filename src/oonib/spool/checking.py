"""Reading everything the spool holds, to find what the disk has damaged."""

from collections.abc import Iterator

from oonib.spool.database import Database
from oonib.spool.entries import CorruptBody
from oonib.spool.spool import Spool


def find_damage(spool: Spool) -> Iterator[str]:
    """A sentence for each problem: damaged structure, bodies that do not decompress, halves of entries."""
    yield from structure(spool.database)
    seq = 0
    while entries := spool.after(seq, limit=500, max_bytes=32 * 1024 * 1024):
        for entry in entries:
            try:
                entry.stored()
            except CorruptBody as exc:
                yield f"{entry.uid}: the body is damaged ({exc})"
        seq = entries[-1].seq


def structure(database: Database) -> Iterator[str]:
    """What SQLite finds wrong with the file, and entries without a body."""
    with database.read() as connection:
        for (problem,) in connection.execute("PRAGMA quick_check(20)").fetchall():
            if problem != "ok":
                yield f"structure: {problem}"
        for (uid,) in connection.execute("SELECT uid FROM entry WHERE seq NOT IN (SELECT seq FROM body)"):
            yield f"{uid}: the body is missing"
