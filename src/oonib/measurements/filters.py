"""From the parameters of a search to the conditions of its query (data contract 1).

Owns which combination means what, the defaults, and what is refused. Knows no HTTP and runs no query.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

from oonib.errors import BadRequest, Forbidden
from oonib.measurements.items import country, items, link, network, whole
from oonib.measurements.query import Column, Where
from oonib.measurements.schema import SearchParameters
from oonib.measurements.times import EARLIEST, LATEST

_WINDOW = timedelta(days=30)
_WIDEST = 180
_SHORT = 1000
_EVERYWHERE: frozenset[Column] = frozenset({"measurement_start_time", "probe_cc", "probe_asn", "msm_failure"})
"""Columns of conditions that most measurements fulfil."""


@dataclass(frozen=True, slots=True)
class Search:
    """A search that is ready to run. `until`: the end of its window, where it has one."""

    where: Where
    descending: bool
    offset: int
    limit: int
    until: datetime | None = None
    is_plain: bool = False
    """Most measurements of the time agree."""

    countries: tuple[str, ...] | None = None
    """Only measurements of these are asked for."""

    @property
    def is_cheap(self) -> bool:
        """Whether it reads little: the newest of all, or a report."""
        short = self.offset + self.limit <= _SHORT
        return short and (self.is_plain or "report_id" in self.where.columns)


def read_search(asked: SearchParameters, now: datetime) -> Search:
    """What a search means at `now`. Raises `BadRequest`, `Forbidden` or `Invalid`."""
    order = asked.order.lower()
    if order not in ("asc", "desc"):
        raise BadRequest("Invalid order parameter")
    where = Where()
    until = _bound_time(where, asked, now)
    countries = _bound_place(where, asked)
    _bound_subject(where, asked)
    _bound_flags(where, asked)
    _bound_software(where, asked)
    plain = where.columns <= _EVERYWHERE and asked.probe_cc is asked.probe_asn is None and not asked.failure
    return Search(where, order == "desc", asked.offset, asked.limit, until, plain, countries)


def _bound_time(where: Where, asked: SearchParameters, now: datetime) -> datetime | None:
    since, until = _window(asked, now)
    if since and until and (until - since).days > _WIDEST:
        raise BadRequest(
            "Time range must not exceed 6 months."
            f" Requested: {(until - since).days} days (limit: {_WIDEST} days)."
        )
    # Stored times are whole seconds, so cutting a fraction off changes neither comparison.
    if since and since >= EARLIEST:
        where.compare(
            "measurement_start_time", ">", "DateTime('UTC')", min(since, LATEST).replace(microsecond=0)
        )
    if until and until < LATEST:
        where.compare(
            "measurement_start_time", "<=", "DateTime('UTC')", max(until, EARLIEST).replace(microsecond=0)
        )
    return until


def _window(asked: SearchParameters, now: datetime) -> tuple[datetime | None, datetime | None]:
    since, until = asked.since, asked.until
    if asked.report_id is None:
        until = until or datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        # A bound in year 1 has no thirty days before it.
        since = since or until - min(_WINDOW, until - datetime.min.replace(tzinfo=UTC))
    return since, until


def _bound_place(where: Where, asked: SearchParameters) -> tuple[str, ...] | None:
    countries = None
    if asked.probe_cc is None:
        where.compare("probe_cc", "!=", "String", "ZZ")
    else:
        countries = items("probe_cc", asked.probe_cc, _known_country)
        where.one_of("probe_cc", "String", countries)
    if asked.probe_asn is None:
        where.compare("probe_asn", "!=", "Int64", 0)
    else:
        where.one_of("probe_asn", "Int64", items("probe_asn", asked.probe_asn, _known_network))
    return None if countries is None else tuple(countries)


def _bound_subject(where: Where, asked: SearchParameters) -> None:
    if asked.report_id is not None:
        where.one_of("report_id", "String", items("report_id", asked.report_id, str))
    if asked.test_name is not None:
        where.one_of("test_name", "String", items("test_name", asked.test_name, str))
    if asked.input is not None:
        # An input says more than its domain or category, so those are ignored beside it.
        where.one_of("input", "String", whole("input", asked.input, str))
        return
    if asked.domain is not None:
        where.one_of("domain", "String", items("domain", asked.domain, str))
    if asked.category_code is not None:
        where.in_category(items("category_code", asked.category_code, str))


def _bound_flags(where: Where, asked: SearchParameters) -> None:
    flags: tuple[tuple[Column, bool | None], ...] = (
        ("confirmed", asked.confirmed),
        ("anomaly", asked.anomaly),
        ("msm_failure", asked.failure),
    )
    for column, wanted in flags:
        if wanted is not None:
            where.compare(column, "=", "String", "t" if wanted else "f")


def _bound_software(where: Where, asked: SearchParameters) -> None:
    versions: tuple[tuple[Column, list[str] | None], ...] = (
        ("software_version", asked.software_version),
        ("test_version", asked.test_version),
        ("engine_version", asked.engine_version),
    )
    for column, texts in versions:
        if texts is not None:
            where.one_of(column, "String", items(column, texts, str))
    if asked.ooni_run_link_id is not None:
        where.one_of("ooni_run_link_id", "UInt64", items("ooni_run_link_id", asked.ooni_run_link_id, link))


def _known_country(item: str) -> str:
    code = country(item)
    if code == "ZZ":
        raise Forbidden("Measurements without a known country cannot be listed")
    return code


def _known_network(item: str) -> int:
    number = network(item)
    if number == 0:
        raise Forbidden("Measurements without a known network cannot be listed")
    return number
