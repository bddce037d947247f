"""What other rooms ask of ClickHouse, in portions: each names the least that it needs.

`oonib.warehouse.client.Warehouse` offers all of it. Every method raises `WarehouseError` kinds.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Selects(Protocol):
    """Reading."""

    def select(
        self,
        sql: str,
        parameters: Mapping[str, object] | None = None,
        *,
        settings: Mapping[str, object] | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a query with `{name:Type}` parameters, as column name to value."""


class Inserts(Protocol):
    """Adding rows."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        """Insert rows in one block; a block whose token was seen before is not inserted again."""


class Rows(Selects, Inserts, Protocol):
    """Reading and adding rows."""


class Tables(Rows, Protocol):
    """Rows, and statements that change whole tables."""

    cluster: str | None

    def command(self, sql: str, parameters: Mapping[str, object] | None = None) -> str:
        """Run a statement such as DDL."""
