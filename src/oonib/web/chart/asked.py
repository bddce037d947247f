"""What the address of a chart asks for: Explorer's parameters with their defaults. Pure.

What the values mean, and which are refused, is the aggregation's business.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from urllib.parse import urlencode

FILTERS = (
    "probe_cc", "probe_asn", "test_name", "domain", "input", "category_code", "ooni_run_link_id",
)  # fmt: skip
"""What narrows the counts, as parameters are called; each may be given several times."""

TIME = "measurement_start_day"
_TEST = "web_connectivity"
_DAYS = 30
_DAY = timedelta(days=1)

Pairs = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Asked:
    """A question. `filters` has no empty values. `axis_x` and `axis_y` are empty where there is none."""

    filters: Mapping[str, tuple[str, ...]]
    since: str
    until: str
    axis_x: str
    axis_y: str
    time_grain: str

    def pairs(self) -> Pairs:
        """As parameters of the aggregation API, everything said."""
        given = [(name, value) for name in FILTERS for value in self.filters.get(name, ())]
        given += [("since", self.since), ("until", self.until)]
        given += [("axis_x", self.axis_x), ("axis_y", self.axis_y), ("time_grain", self.time_grain)]
        return [(name, value) for name, value in given if value]

    def address(self, path: str, **more: str) -> str:
        """An address below this host that asks the same again, whatever its defaults are by then."""
        pairs = self.pairs()
        if path.startswith(("/chart", "/embed")):
            # Not given means the usual nettest there, so that all of them has to be said.
            pairs += [(name, "") for name in ("test_name",) if name not in self.filters]
            pairs += [("axis_x", "")] if not self.axis_x else []
        return f"{path}?{urlencode([*pairs, *more.items()], errors='replace')}"


def read_asked(given: Iterable[tuple[str, str]], today: date) -> Asked:
    """What is asked on a day. Unknown parameters are ignored.

    The nettest is web_connectivity where no parameter `test_name` is there; an empty one stands for all. The
    time is that of the last 30 days, today included; the axis, where none is named, is time.
    """
    pairs = list(given)
    present = {name for name, _ in pairs}
    filters = {name: tuple(value for key, value in pairs if key == name and value) for name in FILTERS}
    if "test_name" not in present:
        filters["test_name"] = (_TEST,)

    def last(name: str, default: str = "") -> str:
        return next((value for key, value in reversed(pairs) if key == name), default)

    until = last("until") or (today + _DAY).isoformat()
    return Asked(
        filters={name: values for name, values in filters.items() if values},
        since=last("since") or _before(until, today),
        until=until,
        axis_x=last("axis_x", TIME),
        axis_y=last("axis_y"),
        time_grain=last("time_grain") or "auto",
    )


def _before(until: str, today: date) -> str:
    try:
        end = datetime.fromisoformat(until).date()
        return (end - timedelta(days=_DAYS)).isoformat()
    except (OverflowError, ValueError):
        return (today - timedelta(days=_DAYS - 1)).isoformat()
