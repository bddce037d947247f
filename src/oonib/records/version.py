"""Which version the tables have, without the library that changes them: that takes long to load."""

from sqlalchemy import text

from oonib.records.engine import Records
from oonib.records.errors import RecordsUnavailable

VERSION_TABLE = "records_version"
NEWEST = "0001"
"""The last migration. A test holds it against the files."""


def version(records: Records) -> str | None:
    """The version of the tables; None where there are none yet. Raises `RecordsUnavailable`."""
    with records.read() as session:
        # Where the table is missing, SQLite and PostgreSQL say so in errors that also mean an outage.
        if not records.has_table(session, VERSION_TABLE):
            return None
        found = session.execute(text(f"SELECT version_num FROM {VERSION_TABLE}")).scalar()  # noqa: S608
    return None if found is None else str(found)


def problem(records: Records) -> str | None:
    """What keeps this program from working with the database, or None."""
    try:
        current = version(records)
    except RecordsUnavailable as exc:
        return f"the database is away: {exc}"
    if current == NEWEST:
        return None
    return f"the database is of version {current or 'none'}, not {NEWEST}: `oonib db migrate`"
