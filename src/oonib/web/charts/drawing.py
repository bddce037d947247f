"""What a chart is made of, before it is written down: boxes, lines, shapes and words in their places."""

from dataclasses import dataclass, field
from typing import Literal

from oonib.web.charts.palette import Tone
from oonib.web.frame.said import Said


@dataclass(frozen=True, slots=True)
class Country:
    """The name of a country, by its code."""

    probe_cc: str


Words = Said | Country | str
"""Words of the program, which are translated where they are shown, or text that stays as it is.

Text may be a stranger's: it is made visible (`oonib.web.text.shown`) and escaped when it is written.
"""


@dataclass(frozen=True, slots=True)
class Box:
    """A filled rectangle."""

    x: float
    y: float
    width: float
    height: float
    tone: Tone


@dataclass(frozen=True, slots=True)
class Rule:
    """A thin straight line."""

    x1: float
    y1: float
    x2: float
    y2: float
    tone: Tone = "line"


@dataclass(frozen=True, slots=True)
class Shape:
    """A path (`d` of SVG): filled, or a line of `stroke` pixels."""

    d: str
    tone: Tone
    stroke: float = 0.0


@dataclass(frozen=True, slots=True)
class Label:
    """A line of text. `longest`: pixels after which it is cut; `turned`: whether it rises."""

    x: float
    y: float
    text: Words
    tone: Tone = "soft"
    size: float = 12
    anchor: Literal["start", "middle", "end"] = "start"
    bold: bool = False
    longest: float = 0.0
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Tip:
    """What is shown where a mouse rests: a heading, and lines of a word and its number."""

    heading: Words
    lines: tuple[tuple[Words, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Things that belong together. `href` is where they lead; `scale` makes them larger or smaller."""

    parts: "tuple[Part, ...]"
    tip: Tip | None = None
    href: str = ""
    scale: float = 1.0


Part = Box | Rule | Shape | Label | Group


@dataclass(frozen=True, slots=True)
class Key:
    """A line of the legend."""

    tone: Tone
    word: Words


@dataclass(frozen=True, slots=True)
class Frame:
    """What is said of a chart: what it shows, of what and when, where the figures are from.

    `title` and `note` (what the eye would see, in a sentence) are for who cannot see it too. A page has
    `title`, `subtitle` and `source` in its own text; a picture carries them.
    """

    title: Words
    note: Words = ""
    subtitle: Words = ""
    source: Words = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing of `width` by `height` pixels, with what is said of it.

    `name`: an id of its own among the charts of a page. `shrinks`: whether it stays legible when it is made
    small; others are scrolled on a narrow screen.
    """

    frame: Frame
    width: float
    height: float
    parts: tuple[Part, ...] = ()
    keys: tuple[Key, ...] = field(default=())
    name: str = "chart"
    shrinks: bool = False
