"""What the address of a search asks for: the parameters of the API, and Explorer's `only`. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from oonib.measurements.schema import SearchParameters
from oonib.measurements.times import parse_time

LISTS = (
    "probe_cc", "probe_asn", "test_name", "domain", "input", "category_code", "ooni_run_link_id", "report_id",
    "software_version", "test_version", "engine_version",
)  # fmt: skip
"""Parameters that may be given several times."""

FLAGS = ("anomaly", "confirmed", "failure")
_SINGLE = ("since", "until", *FLAGS, "order")
PARAMETERS = (*LISTS, *_SINGLE)
"""What narrows or orders a search."""

COUNTABLE = frozenset({
    "probe_cc", "probe_asn", "test_name", "domain", "input", "category_code", "ooni_run_link_id",
})  # fmt: skip
"""Those that the counts know as well."""

LIMIT, MOST = 50, 200
_DIGITS = 10
_ONLY = {"anomalies": "anomaly", "confirmed": "confirmed", "failures": "failure"}
_WINDOW = timedelta(days=30)
_DAY = timedelta(days=1)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A search. `given` has no empty values; times are there unless a report is named without them.

    `offset` and `limit` are as they were given, perhaps no numbers.
    """

    given: Mapping[str, tuple[str, ...]]
    offset: str
    limit: str

    def pairs(self, **changes: str) -> Pairs:
        """As parameters of the API, everything said but the place in the list."""
        kept = [(name, value) for name in PARAMETERS for value in self.given.get(name, ())]
        return [pair for pair in kept if pair[0] not in changes] + [*changes.items()]

    def address(self, path: str, **changes: str) -> str:
        """An address below this host that asks the same; empty changes leave a parameter out."""
        query = urlencode([pair for pair in self.pairs(**changes) if pair[1]], errors="replace")
        return f"{path}?{query}" if query else path

    def first(self, name: str) -> str:
        """The first value of a parameter, empty where there is none."""
        return self.given.get(name, ("",))[0]

    def parameters(self) -> SearchParameters:
        """For the API. Raises `ValidationError`."""
        values: dict[str, Any] = {name: list(self.given[name]) for name in LISTS if name in self.given}
        values |= {name: self.given[name][-1] for name in _SINGLE if name in self.given}
        return SearchParameters.model_validate(values | {"offset": self.offset, "limit": self.limit})


def read_asked(pairs: Iterable[tuple[str, str]], now: datetime) -> Asked:
    """What is asked at `now`. Unknown parameters are ignored; unless a report is named, the time is that of
    the API: the 30 days before `until`, which is the end of today.
    """
    found = list(pairs)
    given = {
        name: tuple(value.strip() for key, value in found if key == name and value.strip())
        for name in (*PARAMETERS, "only", "offset", "limit")
    }
    given = {name: values for name, values in given.items() if values}
    flag = _ONLY.get(given.pop("only", ("",))[-1])
    if flag is not None and not any(name in given for name in FLAGS):
        given[flag] = ("true",)
    offset, limit = (given.pop(name, (default,))[-1] for name, default in (("offset", "0"), ("limit", "")))
    if "report_id" not in given:
        given.update({name: (value,) for name, value in _times(given, now).items() if name not in given})
    return Asked(given, offset, _held(limit))


def _held(limit: str) -> str:
    # The API lists a million at once; a page of so many would help nobody.
    if limit.isascii() and limit.isdigit() and len(limit) < _DIGITS:
        return str(min(int(limit), MOST))
    return limit or str(LIMIT)


def _times(given: Mapping[str, tuple[str, ...]], now: datetime) -> dict[str, str]:
    tomorrow = datetime.combine(now.astimezone(UTC).date() + _DAY, time(), UTC)
    try:
        until = parse_time(given["until"][-1]) if "until" in given else tomorrow
        since = until - _WINDOW
    except (ValueError, OverflowError):
        # What is wrong with it is told where the search is read.
        return {}
    return {"since": exact(since), "until": exact(until)}


def exact(at: datetime) -> str:
    """A time as addresses have it: a day where it is midnight."""
    at = at.astimezone(UTC)
    return f"{at:%Y-%m-%d}" if at.time() == time() else f"{at:%Y-%m-%dT%H:%M:%SZ}"
