"""From the parameters of a search to the conditions of its query (data contract 1).

Owns which combination means what, the defaults, and what is refused. Knows no HTTP and runs no query.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TypeVar

from oonib.errors import BadRequest, Forbidden, Invalid
from oonib.measurements.query import Column, Where
from oonib.measurements.schema import SearchParameters

_Item = TypeVar("_Item")

_WINDOW = timedelta(days=30)
_WIDEST = 180
_EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_LATEST = datetime(2106, 2, 7, tzinfo=UTC)
"""What a ClickHouse DateTime can hold; bounds beyond it exclude nothing."""

_LARGEST_ASN = 2**32 - 1
_LARGEST_LINK = 2**64 - 1
_MOST_ITEMS = 1000
_CC_RE = re.compile(r"[A-Z]{2}", re.ASCII)
_NUMBER_RE = re.compile(r"[0-9]{1,20}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Search:
    """A search that is ready to run."""

    where: Where
    descending: bool
    offset: int
    limit: int


def read_search(asked: SearchParameters, now: datetime) -> Search:
    """What a search means at `now`. Raises `BadRequest`, `Forbidden` or `Invalid`."""
    order = asked.order.lower()
    if order not in ("asc", "desc"):
        raise BadRequest("Invalid order parameter")
    where = Where()
    _bound_time(where, asked, now)
    _bound_place(where, asked)
    _bound_subject(where, asked)
    _bound_flags(where, asked)
    _bound_software(where, asked)
    return Search(where, order == "desc", asked.offset, asked.limit)


def _bound_time(where: Where, asked: SearchParameters, now: datetime) -> None:
    since, until = _window(asked, now)
    if since and until and (until - since).days > _WIDEST:
        raise BadRequest(
            "Time range must not exceed 6 months."
            f" Requested: {(until - since).days} days (limit: {_WIDEST} days)."
        )
    # Stored times are whole seconds, so cutting a fraction off changes neither comparison.
    if since and since >= _EARLIEST:
        where.compare(
            "measurement_start_time", ">", "DateTime('UTC')", min(since, _LATEST).replace(microsecond=0)
        )
    if until and until < _LATEST:
        where.compare(
            "measurement_start_time", "<=", "DateTime('UTC')", max(until, _EARLIEST).replace(microsecond=0)
        )


def _window(asked: SearchParameters, now: datetime) -> tuple[datetime | None, datetime | None]:
    since, until = asked.since, asked.until
    if asked.report_id is None:
        until = until or datetime.combine(now.astimezone(UTC).date() + timedelta(days=1), time(), UTC)
        # A bound in year 1 has no thirty days before it.
        since = since or until - min(_WINDOW, until - datetime.min.replace(tzinfo=UTC))
    return since, until


def _bound_place(where: Where, asked: SearchParameters) -> None:
    if asked.probe_cc is None:
        where.compare("probe_cc", "!=", "String", "ZZ")
    else:
        where.one_of("probe_cc", "String", _items("probe_cc", asked.probe_cc, _country))
    if asked.probe_asn is None:
        where.compare("probe_asn", "!=", "Int64", 0)
    else:
        where.one_of("probe_asn", "Int64", _items("probe_asn", asked.probe_asn, _network))


def _bound_subject(where: Where, asked: SearchParameters) -> None:
    if asked.report_id is not None:
        where.compare("report_id", "=", "String", asked.report_id)
    if asked.test_name is not None:
        where.one_of("test_name", "String", _items("test_name", asked.test_name, str))
    if asked.input is not None:
        # An input says more than its domain or category, so those are ignored beside it.
        where.compare("input", "=", "String", asked.input)
        return
    if asked.domain is not None:
        where.one_of("domain", "String", _items("domain", asked.domain, str))
    if asked.category_code is not None:
        where.in_category(asked.category_code.strip())


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
    versions: tuple[tuple[Column, str | None], ...] = (
        ("software_version", asked.software_version),
        ("test_version", asked.test_version),
        ("engine_version", asked.engine_version),
    )
    for column, text in versions:
        if text is not None:
            where.one_of(column, "String", _items(column, text, str))
    if asked.ooni_run_link_id is not None:
        where.one_of("ooni_run_link_id", "UInt64", _items("ooni_run_link_id", asked.ooni_run_link_id, _link))


def _items(name: str, text: str, read: Callable[[str], _Item]) -> list[_Item]:
    """The items of a comma list, trimmed and read. Raises `Invalid` for none, too many or a bad one."""
    items = [item.strip() for item in text.split(",") if item.strip()]
    if not items or len(items) > _MOST_ITEMS:
        raise Invalid(f"Invalid {name} field: between 1 and {_MOST_ITEMS} items")
    try:
        return [read(item) for item in items]
    except ValueError:
        raise Invalid(f"Invalid {name} field") from None


def _country(item: str) -> str:
    code = item.upper()
    if not _CC_RE.fullmatch(code):
        raise ValueError(item)
    if code == "ZZ":
        raise Forbidden("Measurements without a known country cannot be listed")
    return code


def _network(item: str) -> int:
    number = _number(item.upper().removeprefix("AS"), _LARGEST_ASN)
    if number == 0:
        raise Forbidden("Measurements without a known network cannot be listed")
    return number


def _link(item: str) -> int:
    return _number(item, _LARGEST_LINK)


def _number(text: str, largest: int) -> int:
    if not _NUMBER_RE.fullmatch(text) or int(text) > largest:
        raise ValueError(text)
    return int(text)
