"""From a page of results to the older and newer ones, without leaving any out. Pure.

The window stays the same from page to page, so what comes in meanwhile only moves results to later pages.
Far into a list, where skipping costs, the next page begins at the last time that was listed, behind the
measurements of that second that were listed already.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from oonib.measurements.times import parse_time
from oonib.web.search.asked import LIMIT, Asked, exact

_FAR = 2_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Pager:
    """Addresses; empty where there is nothing. `following`: behind this page, in its order."""

    first: str = ""
    previous: str = ""
    following: str = ""


def pager(asked: Asked, results: Sequence[Mapping[str, Any]], offset: int, limit: int, path: str) -> Pager:
    """The ways on from a page of `results`."""
    size = {"limit": str(limit)} if limit != LIMIT else {}
    previous = first = following = ""
    if offset:
        back = max(0, offset - limit)
        previous = asked.address(path, **size, offset=str(back) if back else "")
        first = asked.address(path, **size)
    if len(results) == limit:
        changes = (
            {"offset": str(offset + limit)} if offset + limit < _FAR else _anchor(asked, results, offset)
        )
        following = asked.address(path, **size, **changes)
    return Pager(first, previous, following)


def _anchor(asked: Asked, results: Sequence[Mapping[str, Any]], offset: int) -> dict[str, str]:
    last = str(results[-1]["measurement_start_time"])
    seen = sum(str(one["measurement_start_time"]) == last for one in results)
    if seen == len(results):
        # Nobody knows how many of this second came before this page.
        return {"offset": str(offset + seen)}
    at = parse_time(last)
    if asked.first("order").lower() == "asc":
        return {"since": exact(at - _SECOND), "offset": str(seen)}
    return {"until": exact(at), "offset": str(seen)}
