"""What can be read of a damaged spool file, copied into a new one.

Rows are read from both ends of a table towards the damage. What does not belong together any more is left
out: an entry has its body, a name is one. Which file takes whose place is the business of `opening`.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from itertools import islice
from pathlib import Path

from oonib.model.uid import BadUid, parse_uid
from oonib.spool.database import aside, connect, create

_TABLES = ("entry", "body", "digest", "watermark", "dead_letter", "ledger", "can", "meta")
_ROWS_AT_ONCE = 200
_PAGE = 4096
_PAGES_AT = 28
"""Where the first page says of how many the file is."""


def salvage(broken: Path, rebuilt: Path) -> int:
    """Copy every row that can still be read; returns how many entries came through whole."""
    create(rebuilt)
    if not _has_tables(broken):
        _lend_first_page(rebuilt, broken)
    with closing(connect(rebuilt)) as target:
        for table in _TABLES:
            _copy_table(broken, target, table)
        _mend(target)
        count: int = target.execute("SELECT count(*) FROM entry").fetchone()[0]
    return count


def _has_tables(broken: Path) -> bool:
    """Whether the first page still tells where the tables begin."""
    try:
        with closing(sqlite3.connect(broken)) as source:
            names = {
                name for (name,) in source.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            }
    except sqlite3.DatabaseError:
        return False
    return names.issuperset(_TABLES)


def _lend_first_page(fresh: Path, broken: Path) -> None:
    """Put the first page of a fresh file, whose tables begin in the same places, into the damaged one.

    It holds nothing but where they begin; what was there is kept beside the file.
    """
    size = broken.stat().st_size
    page = bytearray(fresh.read_bytes()[:_PAGE])
    page[_PAGES_AT : _PAGES_AT + 4] = (size // _PAGE).to_bytes(4)
    if size <= _PAGE:
        return
    with broken.open("r+b") as file:
        beside = aside(broken)
        beside.with_name(f"{beside.name}-page1").write_bytes(file.read(_PAGE))
        file.seek(0)
        file.write(page)


def _mend(target: sqlite3.Connection) -> None:
    target.create_function("whole", 4, _is_whole, deterministic=True)
    target.execute("BEGIN")
    # Numbers are never given twice: a new entry below the mark would count as scored.
    target.execute(
        "INSERT INTO sqlite_sequence SELECT 'entry', top FROM (SELECT max(seq) AS top FROM"
        " (SELECT seq FROM entry UNION ALL SELECT seq FROM body"
        " UNION ALL SELECT seq FROM watermark UNION ALL SELECT seq FROM dead_letter)) WHERE top IS NOT NULL"
    )
    target.execute(
        "DELETE FROM sqlite_sequence"
        " WHERE rowid NOT IN (SELECT max(rowid) FROM sqlite_sequence GROUP BY name)"
    )
    # A name that is none would stop whoever goes by it; what it stood for is in the damaged file.
    target.execute("DELETE FROM entry WHERE NOT whole(uid, hour, cc, test)")
    # An entry without its body, or a body without its entry, is lost: neither may stay behind.
    target.execute("DELETE FROM body WHERE seq NOT IN (SELECT seq FROM entry)")
    target.execute("DELETE FROM entry WHERE seq NOT IN (SELECT seq FROM body)")
    # What was lost before it got into a can may be taken in again: nothing shall say that it is known.
    target.execute(
        "DELETE FROM digest WHERE uid NOT IN (SELECT uid FROM entry) AND NOT EXISTS"
        " (SELECT 1 FROM can WHERE hour = substr(digest.uid, 1, 10) AND cc = substr(digest.uid, 23, 2)"
        " AND test || '_' = substr(digest.uid, 26, length(test) + 1) AND state != 'planned')"
    )
    # Members of a can whose plan is lost wait for another one.
    target.execute("UPDATE entry SET can = NULL WHERE can NOT IN (SELECT id FROM can)")
    target.execute("COMMIT")


def _is_whole(uid: object, hour: object, cc: object, test: object) -> bool:
    """Whether a uid is one, and the columns that were read off it agree with it."""
    try:
        parsed = parse_uid(str(uid))
    except BadUid:
        return False
    return (parsed.hour, parsed.cc, parsed.test) == (hour, cc, test)


def _copy_table(broken: Path, target: sqlite3.Connection, table: str) -> None:
    for direction in ("ASC", "DESC"):
        # Read from both ends towards the damage; rows read twice are ignored the second time.
        complete = True
        for rows in _readable(broken, table, direction):
            if rows is None:
                complete = False
                break
            marks = ",".join("?" * len(rows[0]))
            target.execute("BEGIN")
            target.executemany(f"INSERT OR IGNORE INTO {table} VALUES ({marks})", rows)  # noqa: S608 - ours
            target.execute("COMMIT")
        if complete:
            return


def _readable(broken: Path, table: str, direction: str) -> Iterator[list[tuple[object, ...]] | None]:
    """Rows by primary key, some at a time; None where the damage begins."""
    rows: list[tuple[object, ...]] = []
    try:
        with closing(sqlite3.connect(broken, isolation_level=None)) as source:
            cursor = source.execute(f"SELECT * FROM {table} ORDER BY 1 {direction}")  # noqa: S608 - ours
            while True:
                # One by one: what was read before an error counts.
                rows = []
                for row in islice(cursor, _ROWS_AT_ONCE):
                    rows.append(row)
                if not rows:
                    return
                yield rows
    except sqlite3.DatabaseError:
        if rows:
            yield rows
        yield None
