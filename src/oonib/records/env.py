"""Alembic's entry: the migrations run in the transaction that `migrating` opened. Not imported otherwise."""

from alembic import context

from oonib.records.tables import ALL
from oonib.records.version import VERSION_TABLE

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=ALL,
    version_table=VERSION_TABLE,
    render_as_batch=True,
)
context.run_migrations()
