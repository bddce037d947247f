"""The map as a drawing: each country with its class, its counts as a tip, and a link to its page. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Self
from urllib.parse import quote

import orjson

from oonib.web.charts import Chart, Country, Frame, share_keys
from oonib.web.charts.drawing import Group, Shape, Tip
from oonib.web.charts.palette import Tone, level
from oonib.web.charts.series import number
from oonib.web.frame.said import said
from oonib.web.map.counting import LEAST, CountryCounts, World

_SCALE = 0.5
_FILE = "vendor/world-atlas-2.0.2/world.json"


@dataclass(frozen=True, slots=True)
class Shapes:
    """The paths of countries by code, on a sheet of `width` by `height`."""

    width: int
    height: int
    paths: Mapping[str, str]

    @classmethod
    @cache
    def load(cls) -> Self:
        """Those of the package."""
        return cls(**orjson.loads((resources.files("oonib.web") / _FILE).read_bytes()))


def world_map(world: World, shapes: Shapes | None = None) -> Chart:
    """The world. Countries that are too small to be drawn are in the table."""
    shapes = shapes or Shapes.load()
    counted = {one.probe_cc: one for one in world.countries}
    countries = tuple(_country(code, d, counted.get(code)) for code, d in shapes.paths.items())
    note = said("The table below has the figures of each country.")
    title = said("Share of measurements with an anomaly or confirmed blocking, by country")
    sheet = Group(countries, scale=_SCALE)
    width, height = shapes.width * _SCALE, shapes.height * _SCALE
    return Chart(Frame(title, note), width, height, (sheet,), share_keys(LEAST), "world", shrinks=True)


def _country(code: str, d: str, counts: CountryCounts | None) -> Group:
    tone: Tone = level(counts.share) if counts is not None and counts.tells else "few"
    return Group((Shape(d, tone),), _tip(code, counts), f"/country/{quote(code)}")


def _tip(code: str, counts: CountryCounts | None) -> Tip:
    if counts is None:
        return Tip(Country(code), ((said("No measurements"), ""),))
    return Tip(
        Country(code),
        (
            (said("Measurements"), number(counts.measurements)),
            (said("Anomaly"), number(counts.anomalies)),
            (said("Confirmed"), number(counts.confirmed)),
            (said("Failure"), number(counts.failures)),
        ),
    )
