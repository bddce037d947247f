"""Replacing the contents of a table in one step, so that no reader ever sees it empty or half filled.

The new rows go into a spare table of the same form, are counted there, and the two tables exchange names.
What was live before is then in the spare one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import uuid4

from oonib.reference.problems import ReferenceProblem
from oonib.warehouse.ports import Selects, Tables

_AT_ONCE = 50_000


class RowsLost(ReferenceProblem):
    """The spare table holds another number of rows than were put in. The live one was not touched."""


@dataclass(frozen=True, slots=True)
class Content:
    """The rows that the table `live` shall have; no two are alike. Names are those of the schema."""

    live: str
    spare: str
    columns: tuple[str, ...]
    rows: Sequence[Sequence[object]]


def replace(tables: Tables, contents: Sequence[Content]) -> bool:
    """Give each table its new rows; False when all had them already. Raises `RowsLost`, `WarehouseError`.

    Nothing live changes before every spare table is complete. One caller at a time: spare tables are shared.
    """
    for content in contents:
        _fill(tables, content)
    stale = [one for one in contents if version_of(tables, one.spare) != version_of(tables, one.live)]
    for content in stale:
        tables.command(f"EXCHANGE TABLES {content.spare} AND {content.live}{_on_cluster(tables)}")
    return bool(stale)


def count_of(tables: Selects, table: str) -> int:
    """Rows in a table of the schema."""
    return int(tables.select(f"SELECT count() AS n FROM {table}")[0]["n"])  # noqa: S608 - a name of ours


def version_of(tables: Selects, table: str) -> str:
    """A text that changes with the contents of a table: to compare without reading them."""
    version = "concat(toString(count()), '-', toString(sum(sipHash64(*))))"
    return str(tables.select(f"SELECT {version} AS v FROM {table}")[0]["v"])  # noqa: S608 - a name of ours


def _fill(tables: Tables, content: Content) -> None:
    tables.command(f"TRUNCATE TABLE {content.spare}{_on_cluster(tables)}")
    for start in range(0, len(content.rows), _AT_ONCE):
        block = content.rows[start : start + _AT_ONCE]
        # The table may have held these rows before: a fresh token keeps them from counting as a repetition.
        tables.insert(content.spare, content.columns, block, dedup_token=uuid4().hex)
    if tables.cluster:
        # A replica that has not fetched the rows yet would be empty after the exchange.
        tables.command(f"SYSTEM SYNC REPLICA{_on_cluster(tables)} {content.spare}")
    counted = count_of(tables, content.spare)
    if counted != len(content.rows):
        raise RowsLost(f"{content.live}: {counted} of {len(content.rows)} rows were stored")


def _on_cluster(tables: Tables) -> str:
    return f" ON CLUSTER `{tables.cluster}`" if tables.cluster else ""
