"""A page of measurements from rows as they lie in a table, where that is all there is to it. Pure.

Rows come in order of time. A page can be made from them where none may have another version that is not among
them, and where it ends before the last moment that was read: of that, some rows may be missing.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar


class _Placed(Protocol):
    @property
    def measurement_uid(self) -> str: ...

    @property
    def measurement_start_time(self) -> Any: ...


_Row = TypeVar("_Row", bound=_Placed)


def first_page(
    found: Sequence[tuple[_Row, Any, bool]], *, all_there: bool, offset: int, limit: int, descending: bool
) -> list[_Row] | None:
    """Rows `offset` to `offset + limit`, or None where they cannot be told.

    `found`: rows in order of time with their time of writing and whether they may have been scored again;
    `all_there`: nothing follows them.
    """
    if any(scored_again for _, _, scored_again in found):
        return None
    whole = found if all_there else _without_the_last_moment(found)
    rows = _in_order(_latest(whole), descending=descending)
    if not all_there and len(rows) < offset + limit:
        return None
    return rows[offset : offset + limit]


def _without_the_last_moment(found: Sequence[tuple[_Row, Any, bool]]) -> list[tuple[_Row, Any, bool]]:
    last = found[-1][0].measurement_start_time
    return [one for one in found if one[0].measurement_start_time != last]


def _latest(found: Iterable[tuple[_Row, Any, bool]]) -> list[_Row]:
    # A batch that was written twice, as after a lost answer, lies there twice until it is merged.
    by_uid: dict[str, tuple[_Row, Any]] = {}
    for row, written, _ in found:
        known = by_uid.get(row.measurement_uid)
        if known is None or written > known[1]:
            by_uid[row.measurement_uid] = row, written
    return [row for row, _ in by_uid.values()]


def _in_order(rows: list[_Row], *, descending: bool) -> list[_Row]:
    return sorted(rows, key=lambda row: (row.measurement_start_time, row.measurement_uid), reverse=descending)
