"""Drawings: what is in them, and that they are sound SVG whatever the words."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.web.charts import (
    TOTAL,
    Cell,
    Chart,
    Country,
    Frame,
    Panel,
    Point,
    Rank,
    Words,
    bars,
    heat,
    inline,
    multiples,
    ranked,
    spark,
    spoken,
    standalone,
)
from oonib.web.charts.palette import COLOURS, level
from oonib.web.charts.png import png
from oonib.web.charts.scales import Grain, floor
from oonib.web.charts.writing import cut, text_width, wrapped
from oonib.web.frame.languages import Languages
from oonib.web.frame.said import said

LANGUAGES = Languages()
ENGLISH = LANGUAGES.choose("en", "", "")
ARABIC = LANGUAGES.choose("ar", "", "")
DAY = datetime(2026, 3, 1, tzinfo=UTC)
POINTS = [Point(DAY + timedelta(days=n), (90 + n, 8, n % 3, 1), f"/search?n={n}&x=1") for n in (0, 1, 4)]
HOSTILE = ["<script>alert(1)</script>", '"><img onerror=x>', "a\0\x1b[31m\ud800", "\u202egnp.exe", "]]>&amp;"]


def frame(words: Words = "A title") -> Frame:
    return Frame(words, words, words, words)


KINDS: dict[str, Callable[[Words], Chart]] = {
    "bars": lambda words: bars(POINTS, "day", frame(words)),
    "multiples": lambda words: multiples([Panel(words, POINTS, "/search?a=1&b=2")], "day", frame(words)),
    "ranked": lambda words: ranked([Rank(words, (5, 1, 0, 2), "/x")], frame(words)),
    "heat": lambda words: heat([words], [words], [Cell(0, 0, 1, 9, "/x")], frame(words)),
    "spark": lambda words: spark([1, None, 2, 3, None, 4], words),
}


def elements(svg: str, name: str) -> list[ET.Element]:
    root = ET.fromstring(svg)
    return [one for one in root.iter() if one.tag.rpartition("}")[2] == name]


def drawing(chart: Chart) -> str:
    """The SVG of a page, without the list before it."""
    text = str(inline(chart, ENGLISH))
    return text[text.index("<svg") : text.index("</svg>") + 6]


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_in_a_page(kind: str) -> None:
    text = drawing(KINDS[kind]("A title"))
    root = ET.fromstring(text)
    assert root.get("role") == ("img" if kind == "spark" else "group")
    assert root.get("width")
    assert root.get("height")
    assert elements(text, "title")[0].text == "A title"
    assert root.get("aria-labelledby") == elements(text, "title")[0].get("id")
    assert not re.search(r"#[0-9a-f]{3,6}\b|style=|<script", text), "colours are the page's"
    assert all(link.get("tabindex") == "-1" for link in elements(text, "a"))


@pytest.mark.parametrize("kind", KINDS)
def test_a_chart_as_a_picture(kind: str) -> None:
    text = standalone(KINDS[kind]("A title"), ENGLISH)
    assert not re.search(r"class=|href=|<a\b|var\(", text), "a picture has its own colours and no links"
    assert set(re.findall(r'(?:fill|stroke)="([^"]+)"', text)) <= set(COLOURS.values())
    assert "A title" in [one.text for one in elements(text, "text")] or kind == "spark"


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("words", HOSTILE)
def test_hostile_words_stay_text(kind: str, words: str) -> None:
    chart = KINDS[kind](words)
    for svg in (
        drawing(chart),
        standalone(chart, ENGLISH),
        standalone(KINDS[kind](said("%(x)s", x=words)), ARABIC),
    ):
        harmless = {one.tag for one in ET.fromstring(svg).iter()}
        assert {tag.rpartition("}")[2] for tag in harmless} <= {
            "svg", "title", "desc", "g", "a", "rect", "path", "text",
        }  # fmt: skip
        assert not {"\0", "\x1b", "\u202e", "\ud800"} & set(svg)


@settings(deadline=None, max_examples=60)
@given(st.text(max_size=80), st.sampled_from(sorted(KINDS)))
def test_any_words_give_sound_svg(words: str, kind: str) -> None:
    ET.fromstring(standalone(KINDS[kind](words), ENGLISH).encode())
    ET.fromstring(drawing(KINDS[kind](words)).encode())


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(st.integers(0, 60), st.tuples(*[st.integers(0, 10**9)] * 4)), max_size=20),
    st.sampled_from(["hour", "day", "week", "month", "year"]),
)
def test_bars_lie_in_the_picture(days: list[tuple[int, tuple[int, int, int, int]]], grain: Grain) -> None:
    counts = {floor(DAY + timedelta(days=day), grain): found for day, found in days}
    points = [Point(start, found) for start, found in sorted(counts.items())]
    chart = bars(points, grain, frame(), since=DAY, until=DAY + timedelta(days=61))
    for one in elements(drawing(chart), "rect"):
        x, y, width, height = (float(one.get(name, "")) for name in ("x", "y", "width", "height"))
        assert x >= 0
        assert y >= -8
        assert x + width <= chart.width + 0.2
        assert y + height <= chart.height


def test_bars_tell_their_counts_and_lead_on() -> None:
    text = drawing(bars(POINTS, "day", frame()))
    assert "2026-03-02\nNo anomaly 91\nAnomaly 8\nConfirmed 1\nFailure 1" in [
        one.text for one in elements(text, "title")
    ]
    assert [one.get("href") for one in elements(text, "a")] == [f"/search?n={n}&x=1" for n in (0, 1, 4)]
    tall = {one.get("class"): float(one.get("height", "")) for one in elements(text, "rect")}
    assert tall["f-ok"] > tall["f-anomaly"] > tall["f-failure"] > 0


def test_a_day_without_measurements_is_a_gap() -> None:
    text = drawing(bars(POINTS, "day", frame(), since=DAY, until=DAY + timedelta(days=10)))
    bars_at = [float(one.get("x", "")) for one in elements(text, "rect") if one.get("class") == "f-ok"]
    step = (760 - 66) / 10
    assert [round((x - 58) / step) for x in bars_at] == [0, 1, 4]


def test_nothing_to_draw_is_a_chart_all_the_same() -> None:
    for chart in (bars([], "day", frame()), ranked([], frame()), heat([], [], [], frame()), spark([], "x")):
        ET.fromstring(standalone(chart, ENGLISH))


def test_one_number_needs_no_legend_in_ranks() -> None:
    assert "keys" in inline(ranked([Rank("a", (1, 0, 0, 0))], frame()), ENGLISH)
    assert "keys" not in inline(ranked([Rank("a", (1,))], frame(), series=TOTAL), ENGLISH)


@pytest.mark.parametrize(
    ("share", "tone"),
    [
        (0, "level-0"),
        (0.01, "level-1"),
        (0.05, "level-2"),
        (0.2, "level-3"),
        (0.4, "level-4"),
        (1, "level-4"),
    ],
)
def test_classes_of_a_share(share: float, tone: str) -> None:
    assert level(share) == tone


def test_a_cell_with_few_measurements_says_no_share() -> None:
    text = drawing(heat(["x"], ["y"], [Cell(0, 0, 2, 4)], frame(), least=5))
    assert [one.get("class") for one in elements(text, "rect")] == ["f-few"]
    assert "50%" not in text
    assert "2 of 4" in text


def test_names_of_countries_are_the_readers() -> None:
    chart = ranked([Rank(Country("IR"), (1, 2, 3, 4))], Frame(said("%(where)s", where=Country("IR"))))
    assert "Iran" in standalone(chart, ENGLISH)
    assert standalone(chart, ARABIC).count("إيران") >= 2
    assert spoken(Country("IR"), ARABIC) == "إيران"


def test_a_picture_as_png_has_the_letters_of_arabic() -> None:
    def of(words: Words) -> bytes:
        return png(standalone(ranked([Rank(words, (1, 2, 3, 4))], Frame("t")), ARABIC))

    named = of(Country("IR"))
    assert named.startswith(b"\x89PNG")
    # Letters that the font lacks are all the same box.
    assert of("\u0a05\u0a06\u0a07") == of("\u0a08\u0a09\u0a0a")
    assert of("\u0627\u0628\u062a") != of("\u062b\u062c\u062d")


def test_a_picture_reads_no_files() -> None:
    png(standalone(ranked([Rank('<image href="file:///etc/passwd"/>', (1, 2, 3, 4))], Frame("t")), ENGLISH))


@given(st.text(max_size=200), st.floats(8, 20), st.floats(10, 800))
def test_a_cut_text_fits(text: str, size: float, room: float) -> None:
    made = cut(text, size, room)
    assert made == text or made.endswith("…")
    assert text_width(made, size) <= max(room, size) + 1e-6
    lines = list(wrapped(text, size, room))
    assert len(lines) <= 7
