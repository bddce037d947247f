"""What lists of places that can be searched have in common, and pages of places that do not exist."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol

from oonib.web.frame.view import View
from oonib.web.places.asked import Period
from oonib.web.places.sources import Sources

_SIZE = 100
_MOST_PAGES = 1000
_NEAR = 8


class Search(Protocol):
    """Who knows the places that fit some filters, the most measured first."""

    def __call__(self, *, limit: int, offset: int) -> Sequence[Mapping[str, Any]]:
        """Some of them, each with the `total` of all."""


def listed(
    sources: Sources,
    kind: str,
    during: Period,
    page: int,
    *,
    filters: Mapping[str, str],
    search: Search,
    row: Callable[[Mapping[str, Any]], dict[str, Any]],
) -> dict[str, Any]:
    """A page of a list of some kind, as programs get it. `row`: makes one of what was found."""
    page = min(max(1, page), _MOST_PAGES)
    key = (kind, *filters.values(), page, during.window)
    found = sources.looks.one((key, lambda: search(limit=_SIZE, offset=(page - 1) * _SIZE)))
    total = found[0]["total"] if found else 0
    return {
        kind: None if found is None else [row(one) for one in found],
        "total": total,
        "page": page,
        "pages": min(_MOST_PAGES, -(-total // _SIZE)),
        **filters,
        **during.data(),
        "as_of": sources.as_of,
    }


def near(
    sources: Sources, kind: str, part: str, during: Period, search: Search
) -> Sequence[Mapping[str, Any]]:
    """The most measured places of some kind that `part` of a name finds."""
    if not part:
        return ()
    key = f"{kind} near", part, during.window
    return sources.looks.one((key, lambda: search(limit=_NEAR, offset=0))) or ()


def missing(kind: str, section: str, text: str, meant: Sequence[tuple[str, str]]) -> View:
    """There is no such place, or nothing is known of it. `meant`: names and addresses of what there is."""
    data = {
        "error": f"No such {kind}",
        "detail": f"No such {kind}",
        "status": 404,
        "asked": text,
        "near": [{"name": name, "address": address} for name, address in meant],
    }
    return View("places/missing.html", data, {"kind": kind}, section=section, status=404)
