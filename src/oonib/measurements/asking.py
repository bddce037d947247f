"""Asking ClickHouse on behalf of somebody: what a query may cost, and what is said when it cannot be had."""

import contextlib
from collections.abc import Callable, Iterator
from itertools import islice
from typing import TypeVar

from oonib.errors import BadRequest, Timeout, Unavailable
from oonib.measurements.gate import Gates
from oonib.warehouse.errors import WarehouseError, WarehouseTimeout, WarehouseUnavailable

_Item = TypeVar("_Item")
_TOO_MANY_ROWS = frozenset({158, 307, 396})
_LONGEST_ANSWER = 600

LONG_ANSWER = {"max_execution_time": _LONGEST_ANSWER, "max_block_size": 8192}
"""The limit on a query is that on its first row; a long answer may then be on its way for ten minutes.

In small blocks, because a whole one is in this process's memory.
"""


def cost_limits(most_rows: int) -> dict[str, object]:
    """Settings of ClickHouse for a query that may be expensive. `most_rows`: 0 for no limit."""
    return {
        "max_rows_to_read": most_rows,
        "max_bytes_before_external_group_by": 2**30,
        "max_bytes_before_external_sort": 2**30,
    }


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Errors of ClickHouse as what a client can do about them."""
    try:
        yield
    except WarehouseTimeout as exc:
        raise Timeout("The database query timed out. Try a shorter time range or narrower filters.") from exc
    except WarehouseUnavailable as exc:
        raise Unavailable("The database is away for a moment", retry_after=5) from exc
    except WarehouseError as exc:
        if exc.code not in _TOO_MANY_ROWS:
            raise
        raise BadRequest(
            "The query would read more rows than one query may. Try a shorter time or narrower filters.",
            token="query_too_large",
        ) from exc


def begun(
    gates: Gates, items: Callable[[], Iterator[_Item]], most: int
) -> tuple[list[_Item], Iterator[_Item] | None]:
    """The first `most` items in their turn, and the rest as it comes; None where all are in hand.

    So what is wrong is known before an answer begins.
    Raises `Unavailable`, `Timeout` and `BadRequest`.
    """
    with gates.heavy.turn(), reading():
        stream = items()
        first = list(islice(stream, most))
    if len(first) < most:
        return first, None
    return first, gates.long.hold(_translated(stream))


def _translated(items: Iterator[_Item]) -> Iterator[_Item]:
    with reading():
        yield from items
