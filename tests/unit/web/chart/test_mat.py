"""The page of a chart: what it draws, its other forms, problems beside the form, hostile text."""

import re
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from xml.etree import ElementTree as ET

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from oonib.warehouse.errors import WarehouseTimeout, WarehouseUnavailable
from oonib.web.chart.linking import FLAGS

from .conftest import Charts, row
from support.html import HOSTILE, Elements


def links_of(page: Elements, path: str) -> list[dict[str, str]]:
    return [dict(parse_qsl(urlsplit(link).query)) for link in page.links() if urlsplit(link).path == path]


def test_bars_over_time(charts: Charts) -> None:
    answer = charts.client.get("/chart/mat")
    page = Elements(answer.text)
    assert answer.status_code == 200
    assert "Web Connectivity by day" in page.text
    assert "2026-02-01 to 2026-03-02 (UTC)" in page.text
    assert len(re.findall(r'<rect [^>]*class="f-ok"', answer.text)) == 3
    assert answer.headers["cache-control"] == "public, max-age=60"
    assert charts.rows.asked[0].axes == ("measurement_start_day",)
    for word in ("No anomaly", "Anomaly", "Confirmed", "Failure"):
        assert word in page.text


def test_every_figure_leads_to_its_measurements(charts: Charts) -> None:
    page = Elements(charts.client.get("/chart/mat?probe_cc=IR&domain=a.example").text)
    found = links_of(page, "/search")
    day = {"since": "2026-02-24T23:59:59Z", "until": "2026-02-25T23:59:59Z"}
    kept = {"probe_cc": "IR", "domain": "a.example", "test_name": "web_connectivity", **day}
    for flags in FLAGS.values():
        assert {**kept, **dict(flags)} in found


@pytest.mark.parametrize(
    ("query", "rows", "seen"),
    [
        (
            "axis_y=probe_cc",
            [row(measurement_start_day="2026-02-20", probe_cc=cc) for cc in ("IR", "TR")],
            ["Web Connectivity by day and country", ">Iran<", ">Turkey<"],
        ),
        (
            "axis_x=probe_cc&axis_y=domain",
            [row(probe_cc="IR", domain="a.example"), row(0, 9, 9, 0, probe_cc="TR", domain="b.example")],
            ["by country and domain", 'class="f-level-2"', 'class="f-level-4"', ">100%<"],
        ),
        ("axis_x=probe_asn", [row(probe_asn=64500)], ["by network", ">AS64500<", 'href="/as/64500"']),
        ("axis_x=", [row()], ["Web Connectivity: all measurements", ">101<"]),
        (
            "axis_x=blocking_type&test_name=",
            [row(blocking_type="dns"), row(blocking_type="")],
            ["All nettests by kind of blocking", "(none)"],
        ),
        (
            "axis_x=category_code",
            [row(category_code="NEWS"), row(category_code="X")],
            ["News Media", ">X<"],
        ),
    ],
)
def test_charts_fit_the_axes(charts: Charts, query: str, rows: list[dict[str, Any]], seen: list[str]) -> None:
    charts.rows.found = rows
    text = charts.client.get(f"/chart/mat?{query}").text
    for part in seen:
        assert part in text


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ("since=x", 422, "This is not a date"),
        ("axis_x=nothing", 400, "Invalid axis name"),
        ("axis_x=domain&axis_y=domain", 400, "Choose two different axes"),
        ("since=2020-01-01&time_grain=hour", 400, "Choose time_grain between"),
        ("time_grain=moment", 422, "Choose one of the lengths of time"),
        ("since=2026-03-01&until=2026-02-01", 400, "Invalid since and until values"),
        ("probe_cc=Iran", 422, "Invalid probe_cc field"),
        ("probe_asn=none", 400, "Invalid ASN value"),
        ("input=%00%00%00", 422, "NUL"),
        ("domain=x", 422, "at least 3"),
    ],
)
def test_problems_stand_beside_the_form(charts: Charts, query: str, status: int, says: str) -> None:
    answer = charts.client.get(f"/chart/mat?{query}")
    assert answer.status_code == status
    assert says in Elements(answer.text).text
    assert '<form class="fields tight"' in answer.text
    twin = charts.client.get(f"/chart/mat?{query}&format=json")
    assert twin.status_code == status
    assert says in twin.json()["problem"]["says"]
    for ending in ("svg", "png", "csv"):
        assert charts.client.get(f"/chart/mat.{ending}?{query}").status_code in (400, 422)


@pytest.mark.parametrize(
    ("error", "status"), [(WarehouseUnavailable(0, "away"), 503), (WarehouseTimeout(0, "slow"), 504)]
)
def test_a_database_that_is_away(charts: Charts, error: Exception, status: int) -> None:
    charts.rows.error = error  # type: ignore[assignment]
    answer = charts.client.get("/chart/mat?probe_cc=IR")
    assert answer.status_code == status
    assert "There is no chart:" in answer.text
    assert 'value="IR"' in answer.text
    assert charts.client.get("/chart/mat.svg").status_code >= 500
    assert charts.client.get("/embed/mat").status_code == status


def test_nothing_measured(charts: Charts) -> None:
    charts.rows.found = []
    answer = charts.client.get("/chart/mat")
    assert answer.status_code == 200
    assert "Nothing was measured that fits" in answer.text
    assert charts.client.get("/chart/mat.svg").status_code == 404
    assert charts.client.get("/embed/mat").status_code == 200


def test_too_many_groups_are_not_drawn(charts: Charts) -> None:
    charts.rows.found = [row(input=f"https://a.example/{n}") for n in range(26_000)]
    answer = charts.client.get("/chart/mat?axis_x=input")
    assert answer.status_code == 400
    assert "There are too many groups to draw" in answer.text
    assert charts.client.get("/chart/mat.csv?axis_x=input").text.count("\n") == 26_001


def test_many_bars_are_drawn_coarser(charts: Charts) -> None:
    charts.rows.found = [
        row(measurement_start_day=f"{year}-{month:02}-{day:02}")
        for year in (2023, 2024, 2025)
        for month in range(1, 13)
        for day in range(1, 29)
    ]
    text = charts.client.get("/chart/mat?since=2023-01-01&until=2026-01-01&time_grain=day").text
    assert "coarser than the table" in text
    assert 100 < len(re.findall(r'<rect [^>]*class="f-ok"', text)) < 400
    assert "The first 100 of 1\u202f008 rows." in text


def test_the_twin(charts: Charts) -> None:
    twin = charts.client.get("/chart/mat?probe_cc=IR&format=json").json()
    assert twin["title"] == "Web Connectivity by day"
    assert twin["filters"] == {"probe_cc": ["IR"], "test_name": ["web_connectivity"]}
    assert (twin["grain"], twin["total_rows"]) == ("day", 3)
    assert twin["rows"][0] == {
        "measurement_start_day": "2026-02-25",
        "measurement_count": 101,
        "ok_count": 90,
        "anomaly_count": 8,
        "confirmed_count": 2,
        "failure_count": 1,
    }
    assert twin["links"]["api_json"].startswith("https://api.example.org/api/v1/aggregation?probe_cc=IR&")
    assert twin["problem"] is None


def test_the_picture(charts: Charts) -> None:
    answer = charts.client.get("/chart/mat.svg?probe_cc=IR")
    assert answer.headers["content-type"] == "image/svg+xml"
    assert "script-src" in answer.headers["content-security-policy"]
    texts = [one.text for one in ET.fromstring(answer.content).iter() if one.tag.endswith("text")]
    assert "Web Connectivity by day" in texts
    assert "Country: Iran · 2026-02-01 to 2026-03-02 (UTC)" in texts
    assert "Source: https://api.example.org/api/v1/aggregation, retrieved 2026-03-02 10:30 UTC" in texts
    assert "إيران" in charts.client.get("/chart/mat.svg?probe_cc=IR&lang=ar").text
    etag = answer.headers["etag"]
    again = charts.client.get("/chart/mat.svg?probe_cc=IR", headers={"If-None-Match": etag})
    assert again.status_code == 304
    png = charts.client.get("/chart/mat.png")
    assert png.headers["content-type"] == "image/png"
    assert png.content.startswith(b"\x89PNG")


def test_the_table_as_csv(charts: Charts) -> None:
    answer = charts.client.get("/chart/mat.csv")
    assert answer.headers["content-disposition"] == "attachment; filename=oonib-chart.csv"
    lines = answer.text.split("\r\n")
    assert lines[0] == (
        "anomaly_count,confirmed_count,failure_count,measurement_count,measurement_start_day,ok_count"
    )
    assert lines[1] == "8,2,1,101,2026-02-20,90"


def test_a_frame_for_other_sites(charts: Charts) -> None:
    answer = charts.client.get("/embed/mat?probe_cc=IR")
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors *" in policy
    assert "script-src 'self'" in policy
    assert "<nav" not in answer.text
    assert "<script" not in answer.text
    assert 'href="https://api.example.org/chart/mat?probe_cc=IR&amp;' in answer.text
    page = charts.client.get("/chart/mat?probe_cc=IR")
    assert "frame-ancestors 'none'" in page.headers["content-security-policy"]
    code = re.search(r"<code>(&lt;iframe .*?)</code>", page.text)
    assert code is not None
    shown = Elements(f"<i>{code[1]}</i>").text
    assert 'src="https://api.example.org/embed/mat?probe_cc=IR&amp;test_name=' in shown


@pytest.mark.parametrize("name", ["probe_cc", "probe_asn", "test_name", "domain", "input", "category_code"])
def test_hostile_parameters_stay_text(charts: Charts, name: str) -> None:
    for payload in HOSTILE:
        for path in ("/chart/mat", "/embed/mat"):
            answer = charts.client.get(path, params={name: payload.encode("utf-8", "replace")})
            assert "<script>alert" not in answer.text
            assert "onerror=alert" not in re.sub(r"&#34;&gt;&lt;img[^<]*", "", answer.text)
            assert all(tag != "img" for tag, _ in Elements(answer.text).found)
            assert not {"\0", "\x1b", "\u202e"} & set(answer.text)
            assert answer.status_code in (200, 400, 422)


@pytest.mark.parametrize(
    "axis", ["probe_cc", "test_name", "domain", "input", "category_code", "blocking_type"]
)
def test_hostile_values_stay_text(charts: Charts, axis: str) -> None:
    for payload in HOSTILE:
        for others in ("", "&axis_y=measurement_start_day", "&axis_y=probe_asn"):
            charts.rows.found = [
                row(measurement_start_day="2026-02-20", probe_asn=1, **{axis: text})
                for text in (payload, "ok")
            ]
            answer = charts.client.get(f"/chart/mat?axis_x={axis}{others}")
            assert answer.status_code == 200
            page = Elements(answer.text)
            assert not {"img", "iframe"} & {tag for tag, _ in page.found}
            assert sum(tag == "script" for tag, _ in page.found) == 1
            assert all(link.startswith(("/", "#")) for link in page.links())
            assert not {"\0", "\x1b", "\u202e"} & set(answer.text)


TEXTS = st.text(max_size=8) | st.sampled_from(
    ["", "0001-01-01", "9999-12-31", "2026-02-01T00:00:00+14:00", "probe_cc", "measurement_start_day", "year"]
)
GIVEN = st.dictionaries(
    st.sampled_from(["since", "until", "axis_x", "axis_y", "time_grain", "probe_cc", "input", "test_name"]),
    TEXTS,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(GIVEN)
def test_any_parameters_give_a_page(charts: Charts, given: dict[str, str]) -> None:
    axes = {given.get("axis_x", "measurement_start_day"), given.get("axis_y", "")}
    values = {"measurement_start_day": "2026-02-20", "probe_cc": "IR"}
    charts.rows.found = [row(**{name: value for name, value in values.items() if name in axes})]
    encoded = {name: value.encode("utf-8", "replace") for name, value in given.items()}
    answer = charts.client.get("/chart/mat", params=encoded)
    assert answer.status_code in (200, 400, 422), answer.text
    assert "<form" in answer.text


def test_the_short_address(charts: Charts) -> None:
    assert charts.client.get("/chart").headers["location"] == "/chart/mat"
