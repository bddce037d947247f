"""What the statistics answer, for the API document (data contract 5)."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, Field

from oonib.measurements.schema import Parameters, Texts, Time

Count = Annotated[int, Field(ge=0)]


class MonthValue(BaseModel):
    """A month, by its first moment, and a count."""

    date: datetime
    value: Count


class OverviewByMonth(BaseModel):
    """Two years and the current month, which is not over."""

    networks_by_month: list[MonthValue]
    countries_by_month: list[MonthValue]
    measurements_by_month: list[MonthValue]


class Overview(BaseModel):
    """Counts of all time."""

    network_count: Count
    country_count: Count
    measurement_count: Count


class TestName(BaseModel):
    """A nettest and what people call it."""

    id: str
    name: str


class TestNames(BaseModel):
    """Every nettest of the menus."""

    test_names: list[TestName]


class CountryCount(BaseModel):
    """A country and its measurements."""

    alpha_2: str
    name: str
    count: Count


class Countries(BaseModel):
    """Every country with measurements, by code."""

    countries: list[CountryCount]


class Network(BaseModel):
    """A network, its measurements, and who owns it (empty where nobody knows)."""

    probe_asn: int
    cnt: Count
    org_name: str


class Networks(BaseModel):
    """Every network with measurements."""

    v: int
    results: list[Network]


class Domain(BaseModel):
    """A domain of the test lists."""

    domain_name: str
    category_code: str
    measurement_count: Count


class Domains(BaseModel):
    """Every domain of the test lists."""

    v: int
    results: list[Domain]


class CountryOverview(BaseModel):
    """What there is of a country."""

    first_bucket_date: date
    measurement_count: Count
    network_count: Count


class NetworkDay(BaseModel):
    """Networks of a day."""

    count: Count
    test_day: date


class GroupDay(NetworkDay):
    """Measurements of a group of nettests on a day."""

    test_group: str


class Coverage(BaseModel):
    """A month of a country, without gaps."""

    network_coverage: list[NetworkDay]
    test_coverage: list[GroupDay]


class WebsiteNetwork(BaseModel):
    """A network and its measurements."""

    count: Count
    probe_asn: int


class WebsiteNetworks(BaseModel):
    """Networks of a country, the most measurements first."""

    results: list[WebsiteNetwork]


class Flags(BaseModel):
    """Measurements by flag. A measurement may count under several."""

    anomaly_count: Count
    confirmed_count: Count
    failure_count: Count
    total_count: Count


class WebsiteDay(Flags):
    """A day of a URL in a network."""

    test_day: date


class WebsiteDays(BaseModel):
    """The days with measurements, ascending."""

    results: list[WebsiteDay]


class WebsiteUrl(Flags):
    """A URL in a network."""

    input: str


class UrlsMetadata(BaseModel):
    """Where a page stands."""

    offset: int
    limit: int
    current_page: int
    total_count: Count
    next_url: str | None


class WebsiteUrls(BaseModel):
    """A page of URLs, the most blocked first."""

    metadata: UrlsMetadata
    results: list[WebsiteUrl]


class TorNetwork(BaseModel):
    """Vanilla Tor in a network."""

    failure_count: Count
    last_tested: date
    probe_asn: int
    total_count: Count
    success_count: Count
    test_runtime_avg: None
    test_runtime_max: None
    test_runtime_min: None


class TorNetworks(BaseModel):
    """Vanilla Tor in a country."""

    networks: list[TorNetwork]
    notok_networks: Count
    last_tested: date | None


class MessengerNetwork(BaseModel):
    """A network that tried a messenger. `name` is always empty."""

    asn: int
    name: str
    total_count: Count
    last_tested: date


class MessengerNetworks(BaseModel):
    """Networks that tried a messenger. None is ever among the anomalous ones."""

    anomaly_networks: list[MessengerNetwork]
    ok_networks: list[MessengerNetwork]
    last_tested: date


class MessengerDay(BaseModel):
    """A day of a messenger."""

    anomaly_count: None
    test_day: datetime
    total_count: Count


class MessengerDays(BaseModel):
    """32 days without gaps."""

    results: list[MessengerDay]


class EmptyPage(BaseModel):
    """A page of a statistic that is no longer made."""

    metadata: UrlsMetadata
    results: list[None]


class CountryTools(BaseModel):
    """Measurements of circumvention tools in a country."""

    probe_cc: str
    cnt: Count


class ToolsByCountry(BaseModel):
    """By country."""

    v: int
    results: list[CountryTools]


class ToolRuntime(BaseModel):
    """Median and 90th percentile of the seconds, and how many measurements; empty where there are none."""

    test_name: str
    probe_cc: str
    date: date
    v: list[float]


class ToolRuntimes(BaseModel):
    """Every nettest in every country on every day."""

    v: int
    results: list[ToolRuntime]


class SnowflakeParameters(Parameters):
    """What `GET /api/v1/torsf_stats` can be asked."""

    probe_cc: Texts = Field(None, description="List of two-letter country codes.")
    since: Time | None = Field(None, description="Measured after this time (exclusive).")
    until: Time | None = Field(None, description="Measured up to this time (inclusive).")


class SnowflakeDay(BaseModel):
    """A country on a day. A measurement may count under several of the flags."""

    measurement_start_day: date
    probe_cc: str
    anomaly_count: Count
    confirmed_count: Count
    failure_count: Count
    measurement_count: Count
    anomaly_rate: float


class SnowflakeDays(BaseModel):
    """Tor Snowflake, by day and country; those without measurements are left out."""

    v: int
    result: list[SnowflakeDay]


class DomainMetadata(BaseModel):
    """What test lists say of a domain."""

    category_code: str
    canonical_domain: str


class NetworkOwner(BaseModel):
    """Who owns a network, or `Unknown`."""

    org_name: str
