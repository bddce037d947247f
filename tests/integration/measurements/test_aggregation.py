"""`GET /api/v1/aggregation`: each parameter, shape and error of data contract 3."""

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

PATH = "/api/v1/aggregation"
NOON = datetime(2026, 2, 10, 12, 0, tzinfo=UTC)
COUNTS = {"anomaly_count", "confirmed_count", "failure_count", "ok_count", "measurement_count"}


def ask(backend: Any, query: str = "", **headers: str) -> Any:
    return backend.client.get(f"{PATH}?{query}", headers=headers)


def result(backend: Any, query: str = "") -> Any:
    answer = ask(backend, query)
    assert answer.status_code == 200, answer.text
    return answer.json()["result"]


def insert(backend: Any, *rows: dict[str, Any]) -> None:
    backend.insert(
        *({"measurement_uid": f"u{n}", "measurement_start_time": NOON, **row} for n, row in enumerate(rows))
    )


def test_without_axes_there_is_one_object(backend: Any) -> None:
    insert(backend, {}, {"anomaly": "t"})
    answer = ask(backend, "probe_cc=BR")
    assert answer.headers["content-type"] == "application/json"
    body = answer.json()
    stats = body.pop("db_stats")
    assert set(stats) == {"row_count", "bytes", "total_row_count", "elapsed_seconds"}
    assert stats["row_count"] == 2
    assert stats["bytes"] > 0
    assert stats["elapsed_seconds"] > 0
    assert body == {
        "v": 0,
        "dimension_count": 0,
        "result": {
            "anomaly_count": 1,
            "confirmed_count": 0,
            "failure_count": 0,
            "ok_count": 1,
            "measurement_count": 2,
        },
    }
    assert result(backend, "probe_cc=IT")["measurement_count"] == 0


def test_an_axis_adds_its_key_and_nothing_else(backend: Any) -> None:
    insert(backend, {}, {"probe_asn": 7, "measurement_start_time": NOON + timedelta(days=1)})
    answer = ask(backend, "since=2026-02-01&until=2026-02-28&axis_x=measurement_start_day&axis_y=probe_asn")
    body = answer.json()
    assert body["dimension_count"] == 2
    assert [set(one) for one in body["result"]] == [COUNTS | {"measurement_start_day", "probe_asn"}] * 2
    assert [(one["measurement_start_day"], one["probe_asn"]) for one in body["result"]] == [
        ("2026-02-10", 64500),
        ("2026-02-11", 7),
    ]
    assert result(backend, "axis_x=test_name&probe_cc=IT") == []


def test_outcomes_exclude_each_other(backend: Any) -> None:
    flags = [(a, c, f) for a in "tf" for c in "tf" for f in "tf"]
    insert(backend, *({"anomaly": a, "confirmed": c, "msm_failure": f} for a, c, f in flags))
    assert result(backend) == {
        "anomaly_count": 1,
        "confirmed_count": 2,
        "failure_count": 4,
        "ok_count": 1,
        "measurement_count": 8,
    }


def test_unknown_places_count(backend: Any) -> None:
    insert(backend, {"probe_cc": "ZZ"}, {"probe_asn": 0})
    assert [one["probe_cc"] for one in result(backend, "axis_x=probe_cc")] == ["BR", "ZZ"]
    assert result(backend, "probe_cc=ZZ")["measurement_count"] == 1
    assert result(backend, "probe_asn=AS0")["measurement_count"] == 1


def test_the_blocking_type_is_that_of_the_scores(backend: Any) -> None:
    insert(
        backend,
        {"blocking_type": "dns", "scores": '{"analysis":{"blocking_type":"tcp_ip"}}'},
        {"blocking_type": "dns", "scores": "{}"},
        {"blocking_type": "dns", "scores": ""},
    )
    found = {
        one["blocking_type"]: one["measurement_count"] for one in result(backend, "axis_x=blocking_type")
    }
    assert found == {"": 2, "tcp_ip": 1}


@pytest.mark.parametrize(
    ("since", "until", "grain", "expected"),
    [
        ("2026-02-10", "2026-02-11", "", "2026-02-10T12:00:00Z"),
        ("2026-02-10", "2026-02-11", "auto", "2026-02-10T12:00:00Z"),
        ("2026-02-10", "2026-02-17", "hour", "2026-02-10T12:00:00Z"),
        ("2026-02-10", "2026-02-17", "DAY", "2026-02-10"),
        ("2026-02-09", "2026-02-17", "", "2026-02-10"),
        ("2026-02-09", "2026-02-17", "week", "2026-02-08"),
        ("2026-02-01", "2026-03-03", "week", "2026-02-08"),
        ("2026-02-01", "2026-03-04", "month", "2026-02-01"),
        ("2025-03-03", "2026-03-03", "month", "2026-02-01"),
        ("2025-03-02", "2026-03-03", "year", "2026-01-01"),
        ("2025-03-02", "2026-03-03", "auto", "2026-02-10"),
        ("2026-02-10T12:00:00", "2026-02-10T12:00:01", "", "2026-02-10T12:00:00Z"),
        ("2026-02-10T11:59:59.5", "2026-02-10T12:00:00.5", "", "2026-02-10T12:00:00Z"),
        ("0001-01-01", "9999-12-31", "year", "2026-01-01"),
    ],
)
def test_grains(backend: Any, since: str, until: str, grain: str, expected: str) -> None:
    insert(backend, {})
    query = f"since={since}&until={until}&time_grain={grain}&axis_x=measurement_start_day"
    assert [one["measurement_start_day"] for one in result(backend, query)] == [expected]


@pytest.mark.parametrize(
    ("since", "until", "grain", "possible"),
    [
        ("2026-02-10", "2026-02-17", "week", "hour, day, auto"),
        ("2026-02-10", "2026-02-11", "year", "hour, day, auto"),
        ("2026-02-09", "2026-02-17", "hour", "day, week, auto"),
        ("2026-02-01", "2026-03-04", "hour", "day, week, month, auto"),
        ("2025-02-01", "2026-03-04", "hour", "day, week, month, year, auto"),
    ],
)
def test_other_grains_are_refused(nothing: Any, since: str, until: str, grain: str, possible: str) -> None:
    answer = ask(nothing, f"since={since}&until={until}&time_grain={grain}&axis_x=measurement_start_day")
    assert answer.status_code == 400
    text = f"Choose time_grain between {possible} for the given time range"
    assert answer.json() == {"msg": text, "error": text, "detail": text, "v": 0}
    # Without an axis of time there is nothing to cut.
    assert ask(nothing, f"since={since}&until={until}&time_grain={grain}").status_code == 200


def test_the_window_includes_since_and_excludes_until(backend: Any) -> None:
    insert(backend, *({"measurement_start_time": NOON + timedelta(seconds=n)} for n in range(5)))
    query = "since=2026-02-10T12:00:01&until=2026-02-10T12:00:03"
    assert result(backend, query)["measurement_count"] == 2
    assert result(backend, "since=2026-02-10&until=2026-2-11")["measurement_count"] == 5
    assert result(backend, "since=2026-02-10T13:00:01%2B01:00")["measurement_count"] == 4


def test_the_default_window_is_the_last_180_days(backend: Any) -> None:
    edge = backend.now - timedelta(days=180)
    insert(
        backend,
        {"measurement_start_time": edge},
        {"measurement_start_time": edge - timedelta(seconds=1)},
        {"measurement_start_time": backend.now},
        {"measurement_start_time": backend.now - timedelta(seconds=1)},
    )
    assert result(backend)["measurement_count"] == 2
    assert result(backend, "since=2025-09-03T10:29:59")["measurement_count"] == 3
    assert result(backend, "until=2026-03-03")["measurement_count"] == 3


def test_categories_of_lists(backend: Any) -> None:
    urls = [f"https://{name}.example/" for name in "abcd"]
    lists = [
        ("a.example", urls[0], "ZZ", "NEWS"),
        ("a.example", urls[0], "br", "POLR"),
        ("b.example", urls[1], "br", "NEWS"),
        ("c.example", urls[2], "it", "GRP"),
    ]
    backend.warehouse.insert("citizenlab", ["domain", "url", "cc", "category_code"], lists)
    insert(backend, *({"input": url} for url in (*urls, "")))

    def categories(query: str) -> dict[str, int]:
        return {
            one["category_code"]: one["measurement_count"]
            for one in result(backend, f"axis_x=category_code&{query}")
        }

    assert categories("") == {"NEWS": 2, "GRP": 1}
    assert categories("category_code=NEWS") == {"NEWS": 1}
    assert categories("category_code=NEWS&probe_cc=BR") == {"NEWS": 2}
    assert result(backend, "category_code=NEWS")["measurement_count"] == 1
    assert result(backend, "category_code=NEWS&probe_cc=BR")["measurement_count"] == 2
    assert result(backend, "category_code=POLR&probe_cc=BR")["measurement_count"] == 1
    assert result(backend, "category_code=GRP&probe_cc=BR")["measurement_count"] == 0


def test_a_table_of_text(backend: Any) -> None:
    insert(backend, {"domain": "=1+1"}, {"domain": 'b,"c\nd'}, {"domain": "-5", "probe_asn": 7})
    answer = ask(backend, "axis_x=probe_asn&axis_y=domain&format=csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert "content-disposition" not in answer.headers
    lines = answer.text.split("\r\n")
    assert lines[0] == (
        "anomaly_count,confirmed_count,domain,failure_count,measurement_count,ok_count,probe_asn"
    )
    rows = list(csv.DictReader(io.StringIO(answer.text, newline="")))
    assert [(row["probe_asn"], row["domain"]) for row in rows] == [
        ("7", "'-5"),
        ("64500", "'=1+1"),
        ("64500", 'b,"c\nd'),
    ]
    assert ask(backend, "format=CSV&probe_cc=IT").text.split("\r\n")[1:] == ["0,0,0,0,0", ""]
    assert ask(backend, "format=CSV&axis_x=domain&probe_cc=IT").content == b""


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "arrow"])
def test_download(nothing: Any, form: str) -> None:
    answer = ask(nothing, f"download=true&format={form}")
    expected = f"attachment; filename=ooni-aggregate-data.{form}"
    assert answer.headers["content-disposition"] == expected


@pytest.mark.parametrize("form", ["Parquet", "arrow"])
def test_columnar_tables_equal_the_json(backend: Any, form: str) -> None:
    insert(backend, {}, {"probe_asn": 7, "anomaly": "t"}, {"probe_cc": "IT"})
    query = "axis_x=probe_cc&axis_y=measurement_start_day&since=2026-01-01&until=2026-03-01"
    answer = ask(backend, f"{query}&format={form}")
    assert answer.status_code == 200
    assert read_table(form, answer.content) == result(backend, query)
    assert read_table(form, ask(backend, f"axis_x=input&probe_cc=FR&format={form}").content) == []


def read_table(form: str, content: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    if form.lower() == "parquet":
        return parquet.read_table(pa.BufferReader(content)).to_pylist()
    return pa.ipc.open_stream(content).read_all().to_pylist()


@pytest.mark.parametrize("form", ["json", "csv", "parquet"])
def test_many_groups_are_a_stream_of_the_same(backend: Any, form: str) -> None:
    insert(backend, *({"domain": f"d{n:05}.example"} for n in range(6001)))
    answer = ask(backend, f"axis_x=domain&axis_y=probe_cc&format={form}")
    if form == "json":
        body = answer.json()
        assert (body["v"], body["dimension_count"]) == (0, 2)
        assert body["db_stats"]["row_count"] == 6001
        domains = [one["domain"] for one in body["result"]]
    elif form == "csv":
        domains = [row["domain"] for row in csv.DictReader(io.StringIO(answer.text))]
    else:
        domains = [row["domain"] for row in read_table(form, answer.content)]
    assert domains == [f"d{n:05}.example" for n in range(6001)]


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ("axis_x=foo", 400, "Invalid axis name"),
        ("axis_y=probe_cc%3B", 400, "Invalid axis name"),
        ("axis_x=measurement_start_day&until=2020-01-01", 400, "Invalid since and until values"),
        (
            "axis_x=measurement_start_day&since=2026-01-02&until=2026-01-01",
            400,
            "Invalid since and until values",
        ),
        (
            "axis_y=measurement_start_day&since=2026-01-01&until=2026-01-01",
            400,
            "Invalid since and until values",
        ),
        ("probe_asn=ASX", 400, "Invalid ASN value in parameter probe_asn"),
        ("probe_asn=1,4294967296", 400, "Invalid ASN value in parameter probe_asn"),
        ("test_name=BOGUS", 400, "Invalid characters in test_name field"),
        ("input=https://a.example/%3Cscript%3E", 400, "Invalid characters in input field"),
        ("input=abc%27--", 400, "Invalid characters in input field"),
    ],
)
def test_errors_with_a_text_of_the_contract(nothing: Any, query: str, status: int, text: str) -> None:
    answer = ask(nothing, query)
    assert answer.status_code == status
    assert answer.headers["cache-control"] == "no-cache"
    assert answer.json() == {"msg": text, "error": text, "detail": text, "v": 0}


def test_equal_axes_are_a_success_that_says_no(nothing: Any) -> None:
    text = "Axis X and Y cannot be the same"
    answer = ask(nothing, "axis_x=probe_cc&axis_y=probe_cc")
    assert answer.status_code == 200
    assert answer.json() == {"msg": text, "error": text, "detail": text, "v": 0}


@pytest.mark.parametrize(
    "query",
    [
        "since=yesterday",
        "until=2026-13-01",
        "time_grain=minute",
        "input=ab",
        "probe_cc=ITA",
        "probe_cc=,",
        "category_code=news",
        "category_code=NEWS%27",
        "ooni_run_link_id=x",
        "ooni_run_link_id=18446744073709551616",
        "domain=a%00b",
        "format=xml",
        "download=perhaps",
        "domain=" + "a" * 65_000,
        "test_name=" + "a," * 5_000,
    ],
)
def test_what_else_is_refused(nothing: Any, query: str) -> None:
    answer = ask(nothing, query)
    assert answer.status_code == 422, answer.text
    assert set(answer.json()) >= {"error", "detail"}


@pytest.mark.parametrize(
    "query", ["domain=", "axis_x=&axis_y=", "input=&since=&until=", "unknown=1", "format="]
)
def test_what_is_empty_is_not_there(nothing: Any, query: str) -> None:
    assert ask(nothing, query).json()["dimension_count"] == 0


def test_how_long_an_answer_holds(backend: Any) -> None:
    insert(backend, {})
    for query, seconds in (
        ("", 60),
        ("until=2026-02-27T10:30:00", 60),
        ("until=2026-02-27T10:29:59", 86400),
        ("until=2026-02-27T10:29:59&format=csv", 86400),
        ("until=2026-02-27T10:29:59&format=parquet", 86400),
    ):
        assert ask(backend, query).headers["cache-control"] == f"max-age={seconds}", query


def test_who_has_the_answer_gets_no_second_one(backend: Any) -> None:
    insert(backend, {})
    for query in ("until=2026-02-20&axis_x=probe_cc", "until=2026-02-20&axis_x=probe_cc&format=csv"):
        first = ask(backend, query)
        tag = first.headers["etag"]
        again = ask(backend, query, **{"If-None-Match": f'"x", {tag}'})
        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["etag"] == tag
        assert again.headers["cache-control"] == first.headers["cache-control"]
        assert ask(backend, query, **{"If-None-Match": '"x"'}).status_code == 200
    # The counts changed: a measurement was scored again.
    insert(backend, {"anomaly": "t"})
    assert ask(backend, query, **{"If-None-Match": tag}).status_code == 200


def test_the_query_is_shown_to_who_is_here(backend: Any) -> None:
    insert(backend, {})
    query = "axis_x=probe_cc&domain=site.example&explain=1"
    refused = ask(backend, query)
    assert refused.status_code == 403
    shown = ask(backend, query, **{"X-Local": "yes"}).json()
    assert shown["result"][0]["measurement_count"] == 1
    assert "fastpath_axes" in shown["explain"]["sql"]
    assert "site.example" not in shown["explain"]["sql"]
    assert ["site.example"] in shown["explain"]["parameters"].values()
    assert "explain" not in ask(backend, "axis_x=probe_cc").json()


def test_a_query_that_would_read_too_much_says_so(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(backend, *({"domain": f"d{n}.example"} for n in range(50)))
    monkeypatch.setitem(backend.aggregation._settings, "max_rows_to_read", 10)
    for form in ("json", "csv", "parquet"):
        answer = ask(backend, f"axis_x=domain&format={form}")
        assert answer.status_code == 400, answer.text
        assert answer.json()["error"] == "query_too_large"
        assert "shorter time" in answer.json()["detail"]


def test_a_query_that_takes_too_long_says_so(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    insert(backend, *({"domain": f"d{n}.example"} for n in range(50)))
    monkeypatch.setitem(backend.aggregation._settings, "max_execution_time", 0.000001)
    for form in ("json", "arrow"):
        answer = ask(backend, f"axis_x=domain&format={form}")
        assert answer.status_code == 504, answer.text
        assert "shorter time" in answer.json()["detail"]
