"""Templates: one environment that escapes everything, and what every page knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from oonib.web.assets import Asset
from oonib.web.text import prose, shown


class Pages:
    """Renders the templates of this package."""

    def __init__(self, assets: Mapping[str, Asset], *, base_url: str, version: str) -> None:
        self._environment = Environment(
            loader=PackageLoader("oonib.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
        )
        self._environment.filters |= {"prose": prose, "shown": shown, "number": _number, "moment": _moment}
        self._environment.globals |= {
            "asset": lambda name: assets[name].url,
            "base_url": base_url,
            "version": version,
        }

    def render(self, name: str, **values: Any) -> str:
        """The text of a page."""
        return self._environment.get_template(name).render(values)


def _number(value: int) -> str:
    """`12345` as `12 345` with narrow spaces that do not break, which no country reads as a fraction."""
    return f"{value:,}".replace(",", "\u202f")


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S UTC")
