"""From a figure to the measurements behind it: addresses of the search. Pure."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from urllib.parse import urlencode

from oonib.measurements.times import EARLIEST, LATEST, parse_time
from oonib.web.chart.asked import TIME, Asked, Pairs
from oonib.web.charts.scales import Grain, next_start

FLAGS: dict[str, Pairs] = {
    "measurement_count": [],
    "ok_count": [("anomaly", "false"), ("confirmed", "false"), ("failure", "false")],
    "anomaly_count": [("anomaly", "true"), ("confirmed", "false"), ("failure", "false")],
    "confirmed_count": [("confirmed", "true"), ("failure", "false")],
    "failure_count": [("failure", "true")],
}
"""Which flags the measurements of a count have."""

_SECOND = timedelta(seconds=1)
_NOWHERE: frozenset[object] = frozenset({"", "ZZ", 0})
_WIDEST_DAYS = 180


_SUFFIXES = {count: f"&{urlencode(flags)}" if flags else "" for count, flags in FLAGS.items()}


class Links:
    """The searches for the measurements of one question."""

    def __init__(self, asked: Asked) -> None:
        self._since, self._until = _held(parse_time(asked.since)), _held(parse_time(asked.until))
        self._asked = [
            (name, urlencode([(name, one) for one in found], errors="replace"))
            for name, found in asked.filters.items()
        ]

    def search(self, values: Mapping[str, object], grain: Grain | None) -> str:
        """The measurements of a row of counts. Empty where the search cannot list them: it has no such
        filter, leaves out unknown places, or does not look at so long a time.
        """
        if "blocking_type" in values or not _NOWHERE.isdisjoint(values.values()):
            return ""
        narrowed = [(name, str(value)) for name, value in values.items() if name != TIME]
        parts = [text for name, text in self._asked if name not in values]
        since, until = self._since, self._until
        if TIME in values and grain is not None:
            start = start_of(values[TIME])
            since, until = max(since, start), min(until, next_start(start, grain))
        if (until - since).days > _WIDEST_DAYS:
            return ""
        # The search leaves out its lower bound and takes its upper one, and times are whole seconds.
        times = f"since={_exact(since - _SECOND)}&until={_exact(until - _SECOND)}"
        return "/search?" + "&".join([*parts, *filter(None, [urlencode(narrowed, errors="replace")]), times])


def counted(search: str, count: str) -> str:
    """The same for one of the counts."""
    return search and search + _SUFFIXES[count]


def _held(at: datetime) -> datetime:
    """A time that has neighbours: nothing is stored beyond these."""
    return min(max(at, EARLIEST), LATEST)


def start_of(value: object) -> datetime:
    """The beginning of an interval, as the counts write it."""
    return parse_time(str(value))


def _exact(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"
