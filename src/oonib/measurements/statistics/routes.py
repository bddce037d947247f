"""The HTTP side of the statistics (data contract 5). A country or a network that is missing is a 400."""

import re
from typing import Annotated

import orjson
from fastapi import APIRouter, Query
from fastapi.responses import Response
from pydantic import BeforeValidator

from oonib.errors import BadRequest
from oonib.measurements.items import country, items
from oonib.measurements.statistics import schema
from oonib.measurements.statistics.cache import Answer
from oonib.measurements.statistics.service import WEBSITE_URLS_PATH, Statistics
from oonib.model.nettests import MESSENGERS

_ASN_RE = re.compile(r"(?:AS)?([0-9]{1,10})", re.ASCII | re.IGNORECASE)
_LARGEST_ASN = 2**32 - 1
_LONGEST = 4096
_MOST = 10_000
_FURTHEST = 10**9
_PAGE = {"current_page": 1, "limit": 10, "next_url": None, "offset": 0, "total_count": 0}
_DAY = 86400

Number = Annotated[int, BeforeValidator(lambda value: 0 if value == "" else value)]
"""An empty one counts as not given."""

Country = Annotated[str, Query(max_length=_LONGEST, description="Country code of two letters.")]
Network = Annotated[
    str, Query(max_length=_LONGEST, description="Number of the network; `AS` may stand before it.")
]


def router(statistics: Statistics) -> APIRouter:
    """The routes over `statistics`."""
    routes = APIRouter(prefix="/api/_", tags=["statistics"])
    _overall(routes, statistics)
    _lists(routes, statistics)
    _of_country(routes, statistics)
    _websites(routes, statistics)
    _apps(routes, statistics)
    _circumvention(routes, statistics)
    _constants(routes, statistics)
    routes.routes.extend(_snowflake(statistics).routes)
    return routes


def _overall(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/asn_by_month", response_model=list[schema.MonthValue])
    async def asn_by_month() -> Response:
        """How many networks measured, by month: two years and the current month."""
        return _answer(await statistics.asn_by_month())

    @routes.get("/countries_by_month", response_model=list[schema.MonthValue])
    async def countries_by_month() -> Response:
        """How many countries measured, by month: two years and the current month."""
        return _answer(await statistics.countries_by_month())

    @routes.get("/global_overview", response_model=schema.Overview)
    async def global_overview() -> Response:
        """Networks, countries and measurements of all time."""
        return _answer(await statistics.global_overview())

    @routes.get("/global_overview_by_month", response_model=schema.OverviewByMonth)
    async def global_overview_by_month() -> Response:
        """Networks, countries and measurements by month: two years and the current month."""
        return _answer(await statistics.global_overview_by_month())


def _lists(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/countries", response_model=schema.Countries)
    async def countries() -> Response:
        """Every country and its measurements of all time. Codes that are no country are left out."""
        return _answer(await statistics.countries())

    @routes.get("/networks", response_model=schema.Networks)
    async def networks() -> Response:
        """Every network, its measurements of all time and who owns it. Network 0 is the unknown one."""
        return _answer(await statistics.networks())

    @routes.get("/domains", response_model=schema.Domains)
    async def domains() -> Response:
        """Every domain of the test lists, with its web_connectivity measurements of all time."""
        return _answer(await statistics.domains())

    @routes.get("/domain_metadata", response_model=schema.DomainMetadata)
    async def domain_metadata(domain: Annotated[str, Query(max_length=_LONGEST)] = "") -> Response:
        """Category and usual form of a domain, by the shortest URL that a test list has of it.

        `www.` makes no difference. The global list counts before those of countries; `MISC` where
        none has it.
        """
        if not domain:
            raise BadRequest("missing domain")
        return _answer(await statistics.domain_metadata(domain))

    @routes.get("/asnmeta", response_model=schema.NetworkOwner)
    async def asnmeta(asn: Network = "") -> Response:
        """Who owns a network, by the newest record."""
        if not asn:
            raise BadRequest("missing asn")
        return _answer(await statistics.network_owner(_number(asn, "incorrect asn")))


def _of_country(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/country_overview", response_model=schema.CountryOverview)
    async def country_overview(probe_cc: Country = "") -> Response:
        """First day, measurements and networks of a country; 1970-01-01 and zeros where there are none."""
        return _answer(await statistics.country_overview(_country(probe_cc)))

    @routes.get("/test_coverage", response_model=schema.Coverage)
    async def test_coverage(
        probe_cc: Country = "",
        test_groups: Annotated[
            str, Query(max_length=_LONGEST, description="Groups separated by commas, for the networks only.")
        ] = "",
    ) -> Response:
        """Thirty days of a country: measurements by group of nettests, and networks. No day is left out."""
        groups = tuple(test_groups.split(",")) if test_groups else None
        return _answer(await statistics.test_coverage(_country(probe_cc), groups))

    @routes.get("/network_stats", response_model=schema.EmptyPage)
    async def network_stats(probe_cc: Country = "") -> Response:
        """Always an empty page: the statistic is no longer made, and clients still ask for it."""
        _country(probe_cc)
        return _answer(Answer(orjson.dumps({"metadata": _PAGE, "results": []}), _DAY))


def _websites(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/website_networks", response_model=schema.WebsiteNetworks)
    async def website_networks(probe_cc: Country = "") -> Response:
        """Networks of a country by their measurements of the last 31 days. Every nettest counts."""
        return _answer(await statistics.website_networks(_country(probe_cc)))

    @routes.get("/website_stats", response_model=schema.WebsiteDays)
    async def website_stats(
        probe_cc: Country = "",
        probe_asn: Network = "",
        input: Annotated[str, Query(max_length=_LONGEST)] = "",  # noqa: A002 - the contract's name
    ) -> Response:
        """What came of a URL in a network, by day, for 31 days. Days without measurements are left out."""
        country, network = _country(probe_cc), _network(probe_asn)
        if not input:
            raise BadRequest("missing or incorrect input")
        return _answer(await statistics.website_stats(country, network, input))

    @routes.get(WEBSITE_URLS_PATH.removeprefix(routes.prefix), response_model=schema.WebsiteUrls)
    async def website_urls(
        probe_cc: Country = "",
        probe_asn: Network = "",
        limit: Annotated[Number, Query(le=_MOST, description="0 and below count as 10.")] = 0,
        offset: Annotated[Number, Query(le=_FURTHEST, description="Below 0 counts as 0.")] = 0,
    ) -> Response:
        """URLs measured in a network in the last 31 days, the most blocked first. Follow `next_url`."""
        country, network = _country(probe_cc), _network(probe_asn)
        return _answer(await statistics.website_urls(country, network, limit=limit, offset=offset))


def _apps(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/vanilla_tor_stats", response_model=schema.TorNetworks)
    async def vanilla_tor_stats(probe_cc: Country = "") -> Response:
        """Half a year of vanilla Tor in a country, by network. Run times are always null."""
        return _answer(await statistics.vanilla_tor(_country(probe_cc)))

    @routes.get("/im_networks", response_model=dict[str, schema.MessengerNetworks])
    async def im_networks(probe_cc: Country = "") -> Response:
        """Networks of a country that tried each messenger in the last 31 days."""
        return _answer(await statistics.messenger_networks(_country(probe_cc)))

    @routes.get("/im_stats", response_model=schema.MessengerDays)
    async def im_stats(
        probe_cc: Country = "",
        probe_asn: Network = "",
        test_name: Annotated[str, Query(max_length=_LONGEST, description="A messenger.")] = "",
    ) -> Response:
        """Measurements of a messenger in a network, by day, for 31 days and today, which always has 0."""
        country, network = _country(probe_cc), _network(probe_asn)
        if test_name not in MESSENGERS:
            raise BadRequest("invalid test_name")
        return _answer(await statistics.messenger_days(country, network, test_name))


def _circumvention(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/circumvention_stats_by_country", response_model=schema.ToolsByCountry)
    async def circumvention_stats_by_country() -> Response:
        """Measurements of circumvention tools by country, from six months ago up to yesterday's start."""
        return _answer(await statistics.circumvention_by_country())

    @routes.get("/circumvention_runtime_stats", response_model=schema.ToolRuntimes)
    async def circumvention_runtime_stats() -> Response:
        """How long circumvention tools took, from six months ago up to yesterday's start."""
        return _answer(await statistics.circumvention_runtimes())


def _snowflake(statistics: Statistics) -> APIRouter:
    routes = APIRouter(prefix="/api/v1", tags=["statistics"])

    @routes.get("/torsf_stats", response_model=schema.SnowflakeDays)
    async def torsf_stats(asked: Annotated[schema.SnowflakeParameters, Query()]) -> Response:
        """Measurements of Tor Snowflake, by day and country, and which part of them is anomalous."""
        given = asked.probe_cc
        countries = None if given is None else items("probe_cc", given, country)
        return _answer(await statistics.snowflake(countries, asked.since, asked.until))

    return routes


def _constants(routes: APIRouter, statistics: Statistics) -> None:
    @routes.get("/test_names", response_model=schema.TestNames)
    async def test_names() -> Response:
        """Nettests and their names for people."""
        return _answer(statistics.test_names())


def _country(text: str) -> str:
    if len(text) != 2:
        raise BadRequest("missing or incorrect probe_cc")
    return text.upper()


def _network(text: str) -> int:
    return _number(text, "missing or incorrect probe_asn")


def _number(text: str, problem: str) -> int:
    match = _ASN_RE.fullmatch(text)
    if match is None or int(match.group(1)) > _LARGEST_ASN:
        raise BadRequest(problem)
    return int(match.group(1))


def _answer(answer: Answer) -> Response:
    headers = {"Cache-Control": f"max-age={answer.max_age}" if answer.max_age else "no-cache"}
    if answer.age:
        headers["Age"] = str(answer.age)
    return Response(answer.body, media_type="application/json", headers=headers)
