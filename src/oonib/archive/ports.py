"""What the archive asks of ClickHouse: no more than this, so that tests can stand in for it."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol


class Warehouse(Protocol):
    """The part of `oonib.warehouse.client.Warehouse` that is used here. Raises `WarehouseError` kinds."""

    def select(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """The rows of a query with `{name:Type}` parameters, as column name to value."""

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        """Insert rows in one block; a block whose token was seen before is not inserted again."""
