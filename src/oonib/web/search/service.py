"""What the search page says. Knows no HTTP; the list is that of the API, the counts those of the aggregation.

What is wrong with a parameter stands in the page, beside the form; so does a database that is away.
"""

import re
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from oonib.errors import BadRequest, Forbidden, Invalid, OonibError, Timeout
from oonib.measurements.service import SEARCH_PATH, MeasurementService
from oonib.measurements.statistics.countries import NAMES as COUNTRIES
from oonib.model.nettests import NAMES
from oonib.testlists.entries import DESCRIPTIONS
from oonib.web import newest
from oonib.web.counts import Counts, Rows
from oonib.web.frame.said import Said, said
from oonib.web.frame.view import View
from oonib.web.search.asked import LISTS, PARAMETERS, Asked, read_asked
from oonib.web.search.facets import choices, facets, questions
from oonib.web.search.paging import Pager, pager
from oonib.web.search.widening import widenings

PATH = "/search"
_EXPORTED = "10000"
_FORMATS = {"json": "JSON", "csv": "CSV", "parquet": "Parquet", "arrow": "Arrow"}
_STATUS: tuple[tuple[type[OonibError], int], ...] = (
    (Invalid, 422),
    (BadRequest, 400),
    (Forbidden, 403),
    (Timeout, 504),
)
_NAME_RE = re.compile(r"Invalid (\w+) ")
_SETTLED_AGE, _FRESH_AGE = 3600, 20


@dataclass(frozen=True, slots=True)
class Problem:
    """Why there is no list. `name`: the parameter that is wrong, where it is one."""

    name: str
    says: Said | str
    status: int


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gave. `offset` and `limit` are those of the page."""

    results: Sequence[Mapping[str, Any]] = field(default_factory=list)
    offset: int = 0
    limit: int = 0
    settled: bool = False
    problem: Problem | None = None


class SearchService:
    """Searches for people. `clock`: the time, aware."""

    def __init__(
        self, measurements: MeasurementService, counts: Counts, *, clock: Callable[[], datetime]
    ) -> None:
        self._measurements = measurements
        self._counts = counts
        self._clock = clock

    def page(self, given: Sequence[tuple[str, str]]) -> View:
        """The page of an address."""
        asked = read_asked(given, self._clock())
        wanted = questions(asked)
        self._counts.ask(wanted)
        found = self._found(asked)
        counted = [] if found.problem else self._counts.get(wanted)
        ways = pager(asked, found.results, found.offset, found.limit, PATH)
        data = self._data(asked, found, counted, ways)
        extra = _extra(asked, found, ways)
        status = found.problem.status if found.problem else 200
        # What could not be counted in time is counted for who comes next.
        whole = not found.problem and all(rows is not None for rows in counted)
        age = (_SETTLED_AGE if found.settled else _FRESH_AGE) if whole else 0
        return View("search/search.html", data, extra, section="search", status=status, max_age=age)

    def _found(self, asked: Asked) -> Found:
        try:
            parameters = asked.parameters()
            page = self._measurements.search(parameters)
        except ValidationError as exc:
            return Found(problem=_told(exc))
        except OonibError as exc:
            return Found(problem=_refused(exc))
        return Found(page.results, parameters.offset, parameters.limit, page.settled)

    def _data(
        self, asked: Asked, found: Found, counted: Sequence[Rows | None], ways: Pager
    ) -> dict[str, Any]:
        return {
            "filters": {name: list(asked.given[name]) for name in PARAMETERS if name in asked.given},
            "offset": found.offset,
            "limit": found.limit,
            "results": found.results,
            "verdicts": choices(asked, counted),
            "facets": facets(counted),
            "problem": found.problem,
            "next": ways.following and self._measurements.base_url + ways.following,
            "links": self._links(asked, found.limit),
        }

    def _links(self, asked: Asked, limit: int) -> dict[str, str]:
        """Where the same is found in other forms, as whole addresses."""
        base = self._measurements.base_url
        paths = {"api": asked.address(SEARCH_PATH, limit=str(limit or "")), **_exports(asked)}
        return {name: base + path for name, path in paths.items()}


def _exports(asked: Asked) -> dict[str, str]:
    return {
        name: asked.address(SEARCH_PATH, limit=_EXPORTED, format=form, download="true")
        for name, form in _FORMATS.items()
    }


def _extra(asked: Asked, found: Found, ways: Pager) -> dict[str, Any]:
    return {
        "asked": asked,
        "exports": list(zip(_FORMATS.values(), _exports(asked).values(), strict=True)),
        "lines": [newest.line(one) for one in found.results],
        "pager": ways,
        "widenings": [] if found.results or found.problem else widenings(asked, PATH),
        "problem_of_field": found.problem is not None and found.problem.name in PARAMETERS,
        "quoted": shlex.quote,
        "countries": list(COUNTRIES),
        "nettests": dict(NAMES),
        "categories": dict(DESCRIPTIONS),
        "held": lambda name: ",".join(asked.given.get(name, ())),
    }


def _told(exc: ValidationError) -> Problem:
    first = exc.errors()[0]
    name = str(first["loc"][0]) if first["loc"] else ""
    if name in ("since", "until"):
        return Problem(name, said("This is not a date. Write it as 2026-03-02."), 422)
    if name in ("anomaly", "confirmed", "failure"):
        return Problem(name, said("This is true or false."), 422)
    if name in LISTS and first["type"] == "value_error":
        return Problem(name, said("This is too short or too long."), 422)
    return Problem(name, str(first["msg"]).removeprefix("Value error, "), 422)


def _refused(exc: OonibError) -> Problem:
    status = next((status for kind, status in _STATUS if isinstance(exc, kind)), 503)
    named = _NAME_RE.match(exc.message)
    name = named[1] if named else ""
    fields: dict[str, Said] = {
        "probe_cc": said("Write countries as two letters, like IR or IR,TR."),
        "probe_asn": said("Write networks as numbers, like AS1234."),
        "ooni_run_link_id": said("This is the number of an OONI Run link."),
        "order": said("The order is asc or desc."),
    }
    return Problem(name, fields.get(name, exc.message), status)
