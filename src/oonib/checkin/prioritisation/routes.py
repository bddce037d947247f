"""The HTTP side of prioritisation: URL lists of old clients, and why they are so (contract 2.7 to 2.9)."""

import csv
import io
from typing import Annotated, Any, Literal

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BeforeValidator

from oonib.checkin.prioritisation.lists import Entry
from oonib.checkin.prioritisation.rules import Rule
from oonib.checkin.prioritisation.service import Coverage, Explained, Prioritisation
from oonib.checkin.schema import (
    WHOLE_LIST,
    CoveredUrl,
    DebugPrioritisation,
    UrlList,
    codes,
    country,
)
from oonib.errors import BadRequest
from oonib.metrics import Metrics

_NO_CACHE = "no-cache"
_BRIEFLY = "max-age=1"
_COVERAGE_COLUMNS = ("anomaly_perc", "category_code", "cc", "domain", "msmt_cnt", "priority", "url")

Country = Annotated[
    str | None, Query(min_length=2, max_length=2, description="Two letters; others count as unknown, ZZ.")
]
Network = Annotated[
    str, Query(pattern=r"^((AS)?[0-9]{1,10})?$", description="`AS123` or `123`; 0 for the whole country.")
]
Categories = Annotated[
    str,
    Query(max_length=16_384, description="Codes separated by commas; none for all. Odd ones are dropped."),
]
Limit = Annotated[int, Query(le=WHOLE_LIST, description="Most URLs; below 0 for all of them.")]
Format = Annotated[
    Literal["JSON", "CSV"], BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value)
]


def router(prioritisation: Prioritisation, metrics: Metrics) -> APIRouter:
    """The routes over `prioritisation`."""
    routes = APIRouter(tags=["probes"])
    _url_route(routes, prioritisation, metrics)
    _open_routes(routes, prioritisation)
    return routes


def _url_route(routes: APIRouter, prioritisation: Prioritisation, metrics: Metrics) -> None:
    @routes.get("/api/v1/test-list/urls", response_model=UrlList, response_model_exclude_unset=True)
    async def list_test_urls(  # noqa: PLR0917 - called by the framework, by name
        country_code: Country = None,
        probe_cc: Country = None,
        probe_asn: Annotated[str, Query(max_length=100)] = "",
        category_codes: Categories = "",
        limit: Limit = -1,
        debug: bool = False,
    ) -> Response:
        """URLs for a country, the most urgent first. `country_code` counts before `probe_cc`.

        With `debug`, each comes with its measurements, priority and weight. There is always one page.
        """
        cc = country(country_code or probe_cc)
        asn = _number(probe_asn)
        wanted = codes(category_codes.split(","))
        most = WHOLE_LIST if limit < 0 else limit
        if debug:
            explained = await prioritisation.choose_explained(cc, asn, wanted, most)
            results = [_explained(one) for one in explained]
        else:
            results = [_item(one) for one in (await prioritisation.choose(cc, asn, wanted, most)).entries]
        metrics.test_list_urls.set(len(results))
        metadata = {"count": len(results), "current_page": -1, "limit": -1, "next_url": "", "pages": 1}
        return _answer({"metadata": metadata, "results": results}, _BRIEFLY)


def _open_routes(routes: APIRouter, prioritisation: Prioritisation) -> None:
    @routes.get("/api/_/debug_prioritization", response_model=DebugPrioritisation)
    def debug_prioritization(
        probe_cc: Country = None,
        probe_asn: Network = "0",
        category_codes: Categories = "",
        limit: Limit = -1,
    ) -> Response:
        """Why a probe gets what it gets: the choice, all entries with their counts, the rules that apply."""
        wanted = codes(category_codes.split(","))
        reasons = prioritisation.explain(country(probe_cc), _number(probe_asn), wanted, limit)
        answer = {
            "test_items": [_explained(one) for one in reasons.chosen],
            "entries": [_listed(one.entry, one.measured, one.priority) for one in reasons.entries],
            "prio_rules": [_rule(one) for one in reasons.rules],
        }
        return _answer(answer, _NO_CACHE)

    @routes.get(
        "/api/_/show_countries_prioritization",
        response_model=list[CoveredUrl],
        responses={200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    )
    def show_countries_prioritization(format: Format = "JSON") -> Response:  # noqa: A002 - the contract's name
        """Every URL of every list with its priority, and its measurements of the last seven days there."""
        rows = [_covered(one) for one in prioritisation.coverage()]
        if not rows:
            raise BadRequest("there are no test lists")
        if format == "JSON":
            return _answer(rows, _BRIEFLY)
        text = io.StringIO()
        writer = csv.DictWriter(text, _COVERAGE_COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        body = text.getvalue().encode("utf-8", "replace")
        return Response(body, media_type="text/csv", headers={"Cache-Control": _BRIEFLY})


def _number(text: str) -> int:
    digits = text.upper().removeprefix("AS")
    return int(digits) if digits.isascii() and digits.isdigit() and len(digits) <= 10 else 0


def _item(entry: Entry) -> dict[str, Any]:
    return {"category_code": entry.category_code, "country_code": entry.country_code, "url": entry.url}


def _explained(one: Explained) -> dict[str, Any]:
    return {
        **_item(one.entry),
        "msmt_cnt": one.measured,
        "priority": one.priority,
        "weight": one.weight,
    }


def _listed(entry: Entry, measured: int, priority: int) -> dict[str, Any]:
    return {
        "category_code": entry.category_code,
        "cc": entry.cc,
        "domain": entry.domain,
        "url": entry.url,
        "msmt_cnt": measured,
        "priority": priority,
    }


def _covered(one: Coverage) -> dict[str, Any]:
    listed = _listed(one.entry, one.measured, one.priority)
    return {name: (listed | {"anomaly_perc": one.anomaly_percent})[name] for name in _COVERAGE_COLUMNS}


def _rule(rule: Rule) -> dict[str, Any]:
    return {
        "category_code": rule.category_code,
        "cc": rule.cc,
        "domain": rule.domain,
        "url": rule.url,
        "priority": rule.priority,
    }


def _answer(value: object, cache: str) -> Response:
    return Response(orjson.dumps(value), media_type="application/json", headers={"Cache-Control": cache})
