"""Charts written down as SVG: inline for a page, which gives the colours, or standalone with its own.

All text of strangers is made visible and escaped here, whatever the chart was made of.
"""

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Protocol

from markupsafe import Markup, escape

from oonib.web.charts.drawing import Box, Chart, Country, Frame, Group, Key, Label, Part, Rule, Shape, Words
from oonib.web.charts.palette import COLOURS, Tone
from oonib.web.frame.said import Said
from oonib.web.text import shown


class Speaker(Protocol):
    """How words become text in the reader's language (`oonib.web.frame.languages.Language`)."""

    def say(self, sentence: Said | str, /) -> Markup:
        """A sentence, escaped."""

    def country(self, probe_cc: str, /) -> str:
        """The name of a country, not escaped."""


FONT = "DejaVu Sans"
_LONGEST = 600
_MARGIN = 16
_LEGEND_ROW = 20


def inline(chart: Chart, speaker: Speaker) -> Markup:
    """The chart as part of a page: classes for colours, `<title>` and `<desc>` for who cannot see it.

    Its legend stands before it as a list, so that it stays legible where the drawing is small.
    """
    writer = _Writer(speaker, own_colours=False)
    name = escape(chart.name)
    note = writer.escaped(chart.frame.note)
    described = f' aria-describedby="{name}-d"' if note else ""
    desc = f'<desc id="{name}-d">{note}</desc>' if note else ""
    wide, tall = _n(chart.width), _n(chart.height)
    # A picture is one thing to who cannot see it; one with links is a group of them.
    role = "group" if any(map(_leads_on, chart.parts)) else "img"
    made = (
        f'<svg class="c" role="{role}" aria-labelledby="{name}-t"{described}'
        f' viewBox="0 0 {wide} {tall}" width="{wide}" height="{tall}" direction="ltr">'
        f'<title id="{name}-t">{writer.escaped(chart.frame.title)}</title>{desc}'
        f"{''.join(map(writer.part, chart.parts))}</svg>"
    )
    if not chart.shrinks:
        made = f'<div class="c-room" role="group" aria-labelledby="{name}-t" tabindex="0">{made}</div>'
    return Markup(writer.key_list(chart.keys) + made)  # noqa: S704 - every text is escaped where it is written


def _leads_on(part: Part) -> bool:
    return isinstance(part, Group) and (bool(part.href) or any(map(_leads_on, part.parts)))


def standalone(chart: Chart, speaker: Speaker) -> str:
    """The chart as a picture of its own: title, subtitle, legend, source, on white."""
    writer = _Writer(speaker, own_colours=True)
    width = chart.width + 2 * _MARGIN
    frame = chart.frame
    head, y = _heading(writer, frame, chart.width)
    legend, height = writer.legend(chart.keys, _MARGIN, chart.width)
    body = f'{head}<g transform="translate(0 {_n(y)})">{legend}</g>'
    y += height
    body += writer.moved(chart.parts, _MARGIN, y)
    y += chart.height + 6
    for line in wrapped(writer.text(frame.source), 10.5, chart.width):
        y += 15
        body += writer.part(Label(_MARGIN, y, _Ready(line), size=10.5))
    wide, tall = _n(width), _n(y + _MARGIN)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" viewBox="0 0 {wide} {tall}" width="{wide}"'
        f' height="{tall}" font-family="{FONT}, sans-serif" direction="ltr">'
        f"<title>{writer.escaped(frame.title)}</title><desc>{writer.escaped(frame.note)}</desc>"
        f"{writer.part(Box(0, 0, width, y + _MARGIN, 'paper'))}{body}</svg>\n"
    )


def _heading(writer: "_Writer", frame: Frame, width: float) -> tuple[str, float]:
    made, y = "", float(_MARGIN)
    for line in wrapped(writer.text(frame.title), 18.5, width):
        y += 23
        made += writer.part(Label(_MARGIN, y - 5, _Ready(line), "ink", 17, bold=True))
    for line in wrapped(writer.text(frame.subtitle), 12, width):
        y += 16
        made += writer.part(Label(_MARGIN, y - 3, _Ready(line)))
    return made, y + 10


def spoken(words: Words, speaker: Speaker) -> str:
    """Words as text of a page: in the reader's language, what is invisible spelled out, not escaped."""
    return _Writer(speaker, own_colours=False).text(words)


class _Ready(str):
    """Text that was made fit to be seen already: marks of direction in it are those of a translation."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class _Writer:
    speaker: Speaker
    own_colours: bool
    known: dict[str, str] = field(default_factory=dict)

    def text(self, words: Words) -> str:
        """Plain text, not yet escaped, without characters that XML cannot hold."""
        if isinstance(words, _Ready):
            return words
        if isinstance(words, str):
            return shown(words, _LONGEST)
        if isinstance(words, Country):
            return shown(self.speaker.country(words.probe_cc))
        if words.values or words.plural:
            return str(self.speaker.say(self._tamed(words)).unescape())
        if words.message not in self.known:
            self.known[words.message] = str(self.speaker.say(words).unescape())
        return self.known[words.message]

    def escaped(self, words: Words) -> str:
        """The same as it stands in a document."""
        return str(escape(self.text(words)))

    def _tamed(self, words: Said) -> Said:
        """The same with the texts in it made visible."""
        values = dict(words.values)
        for name, value in values.items():
            if isinstance(value, str | Country):
                values[name] = self.text(value)
            elif isinstance(value, Said):
                values[name] = self._tamed(value)
        return replace(words, values=values)

    def paint(self, tone: Tone, what: str = "fill") -> str:
        """The attribute that colours something."""
        return f'{what}="{COLOURS[tone]}"' if self.own_colours else f'class="{what[0]}-{tone}"'

    def part(self, part: Part) -> str:
        """A part of the chart."""
        if isinstance(part, Box):
            if part.tone == "none" and self.own_colours:
                return ""
            x, y, wide, tall = _n(part.x), _n(part.y), _n(part.width), _n(part.height)
            return f'<rect x="{x}" y="{y}" width="{wide}" height="{tall}" {self.paint(part.tone)}/>'
        if isinstance(part, Rule):
            d = f"M{_n(part.x1)} {_n(part.y1)}L{_n(part.x2)} {_n(part.y2)}"
            return f'<path d="{d}" {self.paint(part.tone, "stroke")}/>'
        if isinstance(part, Shape):
            return self._shape(part)
        return self._label(part) if isinstance(part, Label) else self._group(part)

    def moved(self, parts: tuple[Part, ...], x: float, y: float) -> str:
        """Parts at another place."""
        return f'<g transform="translate({_n(x)} {_n(y)})">{"".join(map(self.part, parts))}</g>'

    def key_list(self, keys: tuple[Key, ...]) -> str:
        """The legend as a list of HTML."""
        lines = (f'<li><i class="b-{key.tone}"></i>{self.escaped(key.word)}</li>' for key in keys)
        return f'<ul class="keys">{"".join(lines)}</ul>' if keys else ""

    def legend(self, keys: tuple[Key, ...], left: float, width: float) -> tuple[str, float]:
        """The legend in rows, and its height."""
        if not keys:
            return "", 0.0
        made, x, y = "", left, 0.0
        for key in keys:
            word = self.text(key.word)
            room = 18 + text_width(word, 12) + 18
            if x > left and x + room - 18 > left + width:
                x, y = left, y + _LEGEND_ROW
            made += self.part(Box(x, y + 3, 11, 11, key.tone))
            made += self.part(Label(x + 17, y + 13, _Ready(word)))
            x += room
        return made, y + _LEGEND_ROW + 6

    def _shape(self, part: Shape) -> str:
        if not part.stroke:
            return f'<path d="{escape(part.d)}" {self.paint(part.tone)}/>'
        line = f'fill="none" stroke-width="{_n(part.stroke)}" stroke-linejoin="round"'
        return f'<path d="{escape(part.d)}" {line} {self.paint(part.tone, "stroke")}/>'

    def _label(self, part: Label) -> str:
        text = self.text(part.text)
        if part.longest:
            text = cut(text, part.size, part.longest)
        anchor = f' text-anchor="{part.anchor}"' if part.anchor != "start" else ""
        weight = ' font-weight="600"' if part.bold else ""
        turn = f' transform="rotate(-40 {_n(part.x)} {_n(part.y)})"' if part.turned else ""
        # Text in Arabic is ordered by its own first letter, not by that of the page.
        bidi = "" if text.isascii() else ' unicode-bidi="plaintext"'
        return (
            f'<text x="{_n(part.x)}" y="{_n(part.y)}" font-size="{_n(part.size)}"{bidi}{anchor}{weight}{turn}'
            f" {self.paint(part.tone)}>{escape(text)}</text>"
        )

    def _group(self, part: Group) -> str:
        inner = "".join(map(self.part, part.parts))
        if part.tip is not None:
            lines = [f"{self.text(word)} {number}".strip() for word, number in part.tip.lines]
            inner = f"<title>{escape(chr(10).join([self.text(part.tip.heading), *lines]))}</title>{inner}"
        if part.href and not self.own_colours:
            return f'<a href="{escape(part.href)}" tabindex="-1">{inner}</a>'
        if part.scale != 1:
            return f'<g transform="scale({part.scale})">{inner}</g>'
        return f"<g>{inner}</g>"


def _n(value: float) -> str:
    return f"{value:.1f}".rstrip("0").rstrip(".") if value % 1 else str(int(value))


def text_width(text: str, size: float) -> float:
    """About how many pixels a line takes: enough to lay out legends and to cut labels."""
    return size * sum(_advance(character) for character in text)


def _advance(character: str) -> float:
    if unicodedata.combining(character):
        return 0.0
    if unicodedata.east_asian_width(character) in "WF":
        return 1.0
    if character in " .,:;|'!ijlft()[]/-":
        return 0.38
    if "\u0600" <= character <= "\u06ff":
        return 0.48
    return 0.72 if character.isupper() or character in "mw%" else 0.61


def cut(text: str, size: float, longest: float) -> str:
    """The beginning of a text that fits."""
    if text_width(text, size) <= longest:
        return text
    kept = text
    while kept and text_width(kept, size) + size > longest:
        kept = kept[:-1]
    return kept.rstrip() + "…"


def wrapped(text: str, size: float, width: float) -> Iterator[str]:
    """A text in lines, broken between words; at most six of them."""
    line, lines = "", 0
    for word in text.split():
        longer = f"{line} {word}".strip()
        if line and text_width(longer, size) > width:
            yield cut(line, size, width)
            line, lines = word, lines + 1
            if lines == 6:
                return
        else:
            line = longer
    if line:
        yield cut(line, size, width)
