"""Bringing the tables to what this program knows (Alembic).

Forward only, in one transaction; processes that do so at once take turns.
"""

from importlib.resources import files

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text

from oonib.records.engine import Records
from oonib.records.tables import ALL
from oonib.records.version import VERSION_TABLE

_LOCK = 0x6F6F6E69
"""A number of ours among PostgreSQL's advisory locks."""


def migrate(records: Records) -> list[str]:
    """Apply what is pending; its names. Raises `RecordsUnavailable` and `Conflict`."""
    with records.write() as session:
        connection = session.connection()
        if connection.dialect.name == "postgresql":
            session.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        before = _current(connection)
        command.upgrade(_config(connection), "head")
        return [name for name in _history() if before is None or name > before]


def check(records: Records) -> list[str]:
    """How the database differs from what this program knows, in words; empty when all is well."""
    with records.read() as session:
        connection = session.connection()
        known = _history()
        current = _current(connection)
        if current is not None and current not in known:
            return [f"the database is of a later version: {current}"]
        pending = [name for name in known if current is None or name > current]
        if pending:
            return [f"pending: {name}" for name in pending]
        context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
        return [str(difference[0]) for difference in compare_metadata(context, ALL)]


def _current(connection: Connection) -> str | None:
    context = MigrationContext.configure(connection, opts={"version_table": VERSION_TABLE})
    return context.get_current_revision()


def _history() -> list[str]:
    script = ScriptDirectory.from_config(_config(None))
    return [one.revision for one in reversed(list(script.walk_revisions()))]


def _config(connection: Connection | None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(files("oonib.records")))
    config.attributes["connection"] = connection
    return config
