"""What the addresses of places mean: codes, numbers, names, the time. Pure."""

import contextlib
import difflib
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from urllib.parse import quote, urlencode

from oonib.errors import Invalid
from oonib.measurements.items import network
from oonib.measurements.places.service import last_days
from oonib.measurements.statistics.countries import NAMES
from oonib.measurements.statistics.windows import Window
from oonib.web.chart.asked import Asked
from oonib.web.chart.linking import FLAGS, Links

DAYS = (7, 30, 90)
DEFAULT = 30
LONGEST_DOMAIN = 253
_LARGEST_ASN = 2**31 - 1
_NEAR = 6


@dataclass(frozen=True, slots=True)
class Period:
    """The last `days` days, today included."""

    days: int
    window: Window

    @property
    def since(self) -> str:
        """The first day."""
        return self.window.first.isoformat()

    @property
    def until(self) -> str:
        """The day after the last."""
        return self.window.end.isoformat()

    @property
    def last(self) -> str:
        """The last day."""
        return (self.window.end - timedelta(days=1)).isoformat()

    def data(self) -> dict[str, Any]:
        """As pages tell it to programs."""
        return {"days": self.days, "since": self.since, "until": self.until}


def period(text: str, today: date) -> Period:
    """The time of a page. Raises `Invalid`."""
    days = {str(days): days for days in DAYS}.get(text or str(DEFAULT))
    if days is None:
        raise Invalid(f"days is one of {', '.join(map(str, DAYS))}")
    return Period(days, last_days(today, days))


def number(text: str) -> int | None:
    """The number of a network, with or without AS; None for what is none that could be stored."""
    try:
        found = network(text)
    except ValueError:
        return None
    return found if 0 < found <= _LARGEST_ASN else None


def domain_name(text: str) -> str | None:
    """A domain as it is stored; None for what cannot be one."""
    name = text.strip().lower().removesuffix(".")
    odd = any(unicodedata.category(letter)[0] in "CZ" for letter in name)
    return None if not name or len(name) > LONGEST_DOMAIN or odd or set(name) & set("/?#@") else name


def variants(domain: str) -> list[str]:
    """Other names under which the same site may have been measured: with and without www., in ASCII."""
    bare = domain.removeprefix("www.")
    names = [bare, f"www.{bare}"]
    if not domain.isascii():
        with contextlib.suppress(UnicodeError):
            names.append(domain.encode("idna").decode("ascii"))
    return [name for name in names if name != domain]


def near_countries(text: str) -> list[str]:
    """Codes of countries whose name or code looks like a text, the best first."""
    wanted = text.strip().casefold()[:60]
    by_name = {name.casefold(): code for code, name in NAMES.items()}
    begin = [code for name, code in by_name.items() if len(wanted) > 2 and name.startswith(wanted)]
    like = [by_name[name] for name in difflib.get_close_matches(wanted, by_name, _NEAR, 0.7)]
    codes = [code for code in NAMES if len(wanted) == 2 and (code[0] == wanted[0].upper())]
    return list(dict.fromkeys([*begin, *like, *codes]))[:_NEAR]


class Evidence:
    """Addresses of the measurements of a period that have some values: one by one, as a chart, as a table."""

    def __init__(self, during: Period) -> None:
        self._during = during

    def search(self, count: str = "", **filters: Any) -> str:
        """The search; `count`: which of the counts of the API."""
        flags = urlencode(FLAGS[count]) if count else ""
        found = Links(self._asked(filters)).search({}, None)
        return f"{found}&{flags}" if flags else found

    def by_day(self, **filters: Any) -> Links:
        """The same for days."""
        return Links(self._asked(filters))

    def chart(self, axis_y: str = "", **filters: Any) -> str:
        """The chart by day, and by one thing more."""
        return self._asked(filters, axis_y).address("/chart/mat")

    def api(self, form: str = "JSON", axis_y: str = "", **filters: Any) -> str:
        """The counts of the API by day."""
        return self._asked(filters, axis_y).address("/api/v1/aggregation", format=form)

    def links(self, axis_y: str, api: dict[str, Any], **filters: Any) -> dict[str, str]:
        """All forms of it. `api`: what narrows the counts of the API by `axis_y` further."""
        return {
            "search": self.search(**filters),
            "confirmed": self.search("confirmed_count", **filters),
            "anomalies": self.search("anomaly_count", **filters),
            "chart": self.chart(**filters),
            "csv": self.api("CSV", axis_y, **filters, **api),
            "json": self.api("JSON", axis_y, **filters, **api),
        }

    def _asked(self, filters: dict[str, Any], axis_y: str = "") -> Asked:
        held = {name: _texts(value) for name, value in filters.items() if value not in (None, "")}
        return Asked(held, self._during.since, self._during.until, "measurement_start_day", axis_y, "day")


def _texts(value: Any) -> tuple[str, ...]:
    if isinstance(value, str | int):
        return (str(value),)
    items: Iterable[Any] = value
    return tuple(str(one) for one in items)


def address(kind: str, value: object) -> str:
    """The page of a place."""
    return f"/{kind}/{quote(str(value), safe='', errors='replace')}"
