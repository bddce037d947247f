"""What the statistics say, and how long each may be kept (data contract 5, ops contract 4.3).

Every method that takes a country or a network has it checked already. Answers are JSON; those that cost much
come from the cache.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from urllib.parse import urlencode

import orjson

from oonib.errors import Timeout, Unavailable
from oonib.measurements.statistics import shapes
from oonib.measurements.statistics.cache import Answer, AnswerCache
from oonib.measurements.statistics.store import Rows, StatisticsStore
from oonib.measurements.statistics.windows import FIRST_DAY, days_before, half_year, two_years
from oonib.measurements.times import EARLIEST, LATEST, whole_second
from oonib.model.nettests import CIRCUMVENTION_TOOLS, GROUPS, MESSENGERS, NAMES
from oonib.warehouse.client import Warehouse
from oonib.warehouse.errors import WarehouseTimeout, WarehouseUnavailable

WEBSITE_URLS_PATH = "/api/_/website_urls"

_HOUR = 3600
_DAY = 24 * _HOUR
_SETTLED = timedelta(hours=72)
_LAST_MONTH = 31
"""Days of the windows that look at what is going on."""


class Statistics:
    """The statistics of one process. `close` it at the end."""

    def __init__(
        self,
        store: StatisticsStore,
        *,
        base_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
        cache: AnswerCache | None = None,
    ) -> None:
        self._store = store
        self._base_url = base_url
        self._clock = clock
        self._cache = cache or AnswerCache()
        self.close = self._cache.close

    @classmethod
    def build(
        cls,
        *,
        warehouse: Warehouse,
        base_url: str,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> Self:
        """The statistics over their real parts."""
        return cls(StatisticsStore(warehouse), base_url=base_url, clock=clock)

    async def asn_by_month(self) -> Answer:
        """Networks that measured, by month, for two years and the current month."""
        return await self._kept(
            "asn_by_month", _DAY, lambda: shapes.series(self._months(), "networks"), heavy=True
        )

    async def countries_by_month(self) -> Answer:
        """Countries that measured, by month, for two years and the current month."""
        return await self._kept(
            "countries_by_month", _DAY, lambda: shapes.series(self._months(), "countries"), heavy=True
        )

    async def global_overview_by_month(self) -> Answer:
        """Networks, countries and measurements by month, for two years and the current month."""

        def make() -> dict[str, Any]:
            rows = self._months()
            kinds = ("networks", "countries", "measurements")
            return {f"{kind}_by_month": shapes.series(rows, kind) for kind in kinds}

        return await self._kept("global_overview_by_month", _DAY, make, heavy=True)

    async def global_overview(self) -> Answer:
        """Networks, countries and measurements of all time."""
        return await self._kept("global_overview", _DAY, self._store.totals, heavy=True)

    async def countries(self) -> Answer:
        """Every country with its measurements of all time; codes that are no country are left out."""

        return await self._kept(
            "countries", _DAY, lambda: shapes.countries(self._store.countries()), heavy=True
        )

    async def networks(self) -> Answer:
        """Every network with its measurements of all time and its owner, empty where nobody knows."""
        return await self._kept(
            "networks", 2 * _HOUR, lambda: {"v": 0, "results": self._store.networks()}, heavy=True
        )

    async def domains(self) -> Answer:
        """Every domain of the test lists with its category and web_connectivity measurements."""
        return await self._kept(
            "domains", 2 * _HOUR, lambda: {"v": 0, "results": self._store.domains()}, heavy=True
        )

    async def circumvention_by_country(self) -> Answer:
        """Measurements of circumvention tools by country in the half year before yesterday."""
        window = half_year(self._today(), until=self._today() - timedelta(days=1))

        def make() -> dict[str, Any]:
            return {"v": 0, "results": self._store.by_country(CIRCUMVENTION_TOOLS, window)}

        return await self._kept("circumvention_by_country", _DAY, make, heavy=True)

    async def circumvention_runtimes(self) -> Answer:
        """How long circumvention tools took in the half year before yesterday.

        Each nettest with each country and each day that has any; `v` is empty where that one has none.
        """
        window = half_year(self._today(), until=self._today() - timedelta(days=1))

        def make() -> dict[str, Any]:
            return shapes.runtimes(self._store.runtimes(CIRCUMVENTION_TOOLS, window))

        return await self._kept("circumvention_runtimes", _DAY, make, heavy=True)

    async def snowflake(
        self, countries: list[str] | None, since: datetime | None, until: datetime | None
    ) -> Answer:
        """Tor Snowflake by day and country, after `since` up to `until`; None for countries means all.

        It may be kept when `until` is so long over that hardly anything new comes in.
        """
        settled = until is not None and until < self._clock() - _SETTLED
        first, last = whole_second(since or EARLIEST), whole_second(until or LATEST)

        def make() -> dict[str, Any]:
            return {"v": 0, "result": self._store.snowflake(countries, first, last)}

        key = ("torsf", None if countries is None else tuple(sorted(countries)), first, last)
        return await self._kept(key, _DAY if settled else 0, make)

    async def country_overview(self, probe_cc: str) -> Answer:
        """First day, measurements and networks of a country; the epoch and zeros where there are none."""
        return await self._kept(
            ("country_overview", probe_cc), _DAY, lambda: self._store.overview(probe_cc, FIRST_DAY)
        )

    async def test_coverage(self, probe_cc: str, groups: tuple[str, ...] | None) -> Answer:
        """A month of a country: measurements by group of nettests, and networks, for each day.

        The groups that are asked for bound the networks only. Groups that do not exist have no nettests.
        """
        tests = None if groups is None else [test for group in groups for test in GROUPS.get(group, ())]
        window, network_window = days_before(self._today(), 32, 2), days_before(self._today(), 31, 1)

        def make() -> dict[str, Any]:
            networks = self._store.networks_by_day(probe_cc, tests, network_window)
            return {
                "network_coverage": shapes.by_day(networks, network_window),
                "test_coverage": shapes.by_group(self._store.tests_by_day(probe_cc, window), window),
            }

        known = None if tests is None else tuple(sorted(tests))
        return await self._kept(("test_coverage", probe_cc, known), _HOUR, make)

    async def website_networks(self, probe_cc: str) -> Answer:
        """Networks of a country by their measurements of the last 31 days, of any nettest."""
        window = days_before(self._today(), _LAST_MONTH)
        return await self._kept(
            ("website_networks", probe_cc),
            0,
            lambda: {"results": self._store.website_networks(probe_cc, window)},
        )

    async def website_stats(self, probe_cc: str, probe_asn: int, input_text: str) -> Answer:
        """What came of a URL in a network on each of the last 31 days that has measurements."""
        window = days_before(self._today(), _LAST_MONTH)
        return await self._kept(
            ("website_stats", probe_cc, probe_asn, input_text),
            0,
            lambda: {"results": self._store.website_stats(probe_cc, probe_asn, input_text, window)},
        )

    async def website_urls(self, probe_cc: str, probe_asn: int, *, limit: int, offset: int) -> Answer:
        """URLs measured in a network in the last 31 days, the most blocked first."""
        limit, offset = limit if limit > 0 else 10, max(0, offset)
        window = days_before(self._today(), _LAST_MONTH)

        def make() -> dict[str, Any]:
            page, total = self._store.website_urls(probe_cc, probe_asn, window, limit=limit, offset=offset)
            following = {
                "limit": limit,
                "offset": offset + limit,
                "probe_asn": probe_asn,
                "probe_cc": probe_cc,
            }
            more = f"{self._base_url}{WEBSITE_URLS_PATH}?{urlencode(following)}"
            metadata = {
                "offset": offset,
                "limit": limit,
                "current_page": -(-offset // limit) + 1,
                "total_count": total,
                "next_url": more if len(page) == limit else None,
            }
            return {"metadata": metadata, "results": page}

        return await self._kept(("website_urls", probe_cc, probe_asn, limit, offset), _HOUR, make)

    async def vanilla_tor(self, probe_cc: str) -> Answer:
        """Half a year of vanilla Tor by network."""
        window = half_year(self._today(), until=self._today() + timedelta(days=1))

        def make() -> dict[str, Any]:
            return shapes.tor(self._store.of_networks(probe_cc, ("vanilla_tor",), window))

        return await self._kept(("vanilla_tor", probe_cc), 0, make)

    async def messenger_networks(self, probe_cc: str) -> Answer:
        """Networks that tried each messenger in the last 31 days."""
        window = days_before(self._today(), _LAST_MONTH)

        def make() -> dict[str, Any]:
            return shapes.messengers(self._store.of_networks(probe_cc, MESSENGERS, window))

        return await self._kept(("im_networks", probe_cc), _HOUR, make)

    async def messenger_days(self, probe_cc: str, probe_asn: int, test_name: str) -> Answer:
        """Measurements of a messenger in a network on the last 31 days and today, which always has 0."""
        today = self._today()
        window = days_before(today, _LAST_MONTH)

        def make() -> dict[str, Any]:
            counted = self._store.of_network_by_day(probe_cc, probe_asn, test_name, window)
            return shapes.messenger_days(counted, [*window.days(), today])

        return await self._kept(("im_stats", probe_cc, probe_asn, test_name), _HOUR, make)

    async def domain_metadata(self, domain: str) -> Answer:
        """Category of a domain and how test lists write it, with or without `www.`"""
        bare = domain.removeprefix("www.")

        def make() -> dict[str, Any]:
            found = self._store.domain([bare, f"www.{bare}"])
            if found is None:
                return {"category_code": "MISC", "canonical_domain": bare}
            return {"category_code": found["category_code"], "canonical_domain": found["domain"]}

        return await self._kept(("domain_metadata", bare), 2 * _HOUR, make)

    async def network_owner(self, asn: int) -> Answer:
        """Who owns a network."""
        return await self._kept(
            ("asnmeta", asn), 2 * _HOUR, lambda: {"org_name": self._store.organisation(asn) or "Unknown"}
        )

    def test_names(self) -> Answer:
        """Nettests and their names."""
        names = [{"id": test, "name": name} for test, name in NAMES.items()]
        return Answer(orjson.dumps({"test_names": names}), _HOUR)

    def _today(self) -> date:
        return self._clock().astimezone(UTC).date()

    def _months(self) -> Rows:
        return self._store.months(two_years(self._today()))

    async def _kept(
        self, key: str | tuple[object, ...], max_age: int, make: Callable[[], object], *, heavy: bool = False
    ) -> Answer:
        def body() -> bytes:
            with _reading():
                return orjson.dumps(make())

        return await self._cache.answer(key, max_age, body, heavy=heavy)


@contextmanager
def _reading() -> Iterator[None]:
    try:
        yield
    except WarehouseTimeout as exc:
        raise Timeout("The database query timed out. Try again in a while.") from exc
    except WarehouseUnavailable as exc:
        raise Unavailable("The database is away for a moment", retry_after=5) from exc
