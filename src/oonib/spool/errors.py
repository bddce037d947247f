"""Why the spool could not do something, in kinds that the callers treat differently."""

import sqlite3
from pathlib import Path

_PRIMARY_MASK = 0xFF


class SpoolError(Exception):
    """The spool did not do what was asked; nothing was stored by the failed call."""


class SpoolBusy(SpoolError):
    """Too much is waiting, or another process held the file too long. Try again in a moment."""


class SpoolFull(SpoolError):
    """The disk or the size cap of the spool is reached. Nothing is accepted until there is room again."""


class SpoolCorrupt(SpoolError):
    """The file is not a sound SQLite database. It is repaired when the spool is next opened alone."""


class SpoolFailed(SpoolError):
    """The file could not be written or synced (I/O error). The connection was given up."""


def translate(exc: sqlite3.Error) -> SpoolError:
    """The kind of failure behind an SQLite error."""
    code = getattr(exc, "sqlite_errorcode", 0) & _PRIMARY_MASK
    kind: type[SpoolError] = {
        sqlite3.SQLITE_BUSY: SpoolBusy,
        sqlite3.SQLITE_LOCKED: SpoolBusy,
        sqlite3.SQLITE_FULL: SpoolFull,
        sqlite3.SQLITE_CORRUPT: SpoolCorrupt,
        sqlite3.SQLITE_NOTADB: SpoolCorrupt,
    }.get(code, SpoolFailed)
    return kind(f"{exc}")


def damaged(path: Path, exc: sqlite3.Error) -> SpoolCorrupt:
    """What is said of a damaged file: which one, and what to do."""
    return SpoolCorrupt(
        f"{path} is damaged ({exc}): end all of oonib that uses it and start again, which carries over what"
        " is left; `oonib spool check` tells what that is"
    )
