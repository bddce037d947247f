"""What an address asks for: Explorer's parameters and their defaults."""

from datetime import date
from urllib.parse import parse_qsl, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.web.chart.asked import FILTERS, TIME, Pairs, read_asked

TODAY = date(2026, 3, 2)


def pairs(*given: tuple[str, str]) -> Pairs:
    return read_asked(given, TODAY).pairs()


def test_nothing_asked() -> None:
    assert pairs() == [
        ("test_name", "web_connectivity"),
        ("since", "2026-02-01"),
        ("until", "2026-03-03"),
        ("axis_x", TIME),
        ("time_grain", "auto"),
    ]


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([("test_name", "")], {"test_name": None}),
        ([("test_name", "tor"), ("test_name", "signal")], {"test_name": "signal"}),
        ([("since", "2025-01-01")], {"since": "2025-01-01", "until": "2026-03-03"}),
        ([("until", "2025-06-15")], {"since": "2025-05-16", "until": "2025-06-15"}),
        ([("until", "soon")], {"since": "2026-02-01", "until": "soon"}),
        ([("axis_x", ""), ("axis_y", "probe_cc")], {"axis_x": None, "axis_y": "probe_cc"}),
        ([("probe_cc", ""), ("submitted", "true"), ("loadChart", "1")], {"probe_cc": None}),
        ([("axis_x", "probe_cc"), ("axis_x", "domain")], {"axis_x": "domain"}),
    ],
)
def test_parameters(given: Pairs, wanted: dict[str, str | None]) -> None:
    made = dict(pairs(*given))
    assert {name: made.get(name) for name in wanted} == wanted
    assert not {"submitted", "loadChart"} & set(made)


NAMES = st.sampled_from([*FILTERS, "since", "until", "axis_x", "axis_y", "time_grain", "other"])


@given(st.lists(st.tuples(NAMES, st.text(st.characters(codec="utf-8"), max_size=12)), max_size=12))
def test_an_address_asks_the_same_again(given: Pairs) -> None:
    asked = read_asked(given, TODAY)
    for path in ("/chart/mat", "/embed/mat", "/chart/mat.csv"):
        query = urlsplit(asked.address(path)).query
        again = read_asked(parse_qsl(query, keep_blank_values=True), date(2030, 1, 1))
        assert again == asked
