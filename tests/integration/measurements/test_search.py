"""`GET /api/v1/measurements`: each filter, default and rule of data contract 1."""

import csv
import io
import json
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)


def rows(count: int, **values: Any) -> list[dict[str, Any]]:
    """Measurements a second apart, u0 the oldest."""
    return [
        {"measurement_uid": f"u{n:04}", "measurement_start_time": START + timedelta(seconds=n), **values}
        for n in range(count)
    ]


def test_the_shape_of_a_result(backend: Any) -> None:
    backend.insert(
        {"anomaly": "t", "is_verified": "t", "scores": '{"blocking_general":1.0,"a":"\\/\\u00e9"}'}
    )
    uid = "20260302100000.000000_BR_webconnectivity_0123456789abcdef"
    answer = backend.client.get("/api/v1/measurements")
    assert answer.headers["cache-control"] == "max-age=60"
    body = answer.json()
    assert body["results"] == [
        {
            "anomaly": True,
            "confirmed": False,
            "failure": False,
            "input": "https://site.example/",
            "measurement_start_time": "2026-03-02T09:59:30.000000Z",
            "measurement_uid": uid,
            "measurement_url": f"https://api.example.org/api/v1/raw_measurement?measurement_uid={uid}",
            "probe_asn": "AS64500",
            "probe_cc": "BR",
            "report_id": "20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp",
            "scores": {"blocking_general": 1.0, "a": "/é"},
            "test_name": "web_connectivity",
            "verification_status": "verified",
        }
    ]
    assert body["metadata"].pop("query_time") > 0
    assert body["metadata"] == {
        "count": 1,
        "current_page": 1,
        "limit": 100,
        "next_url": None,
        "offset": 0,
        "pages": 1,
    }


def test_verification(backend: Any) -> None:
    words = {"t": "verified", "f": "failed", "u": "unverified", "": "unverified"}
    backend.insert(*({"measurement_uid": f"uid{mark}", "is_verified": mark} for mark in words))
    results = backend.search()["results"]
    found = {result["measurement_uid"]: result["verification_status"] for result in results}
    assert found == {f"uid{mark}": word for mark, word in words.items()}


def test_no_input_is_null_and_broken_scores_are_an_object(backend: Any) -> None:
    backend.insert({"input": "", "scores": ""})
    result = backend.search()["results"][0]
    assert result["input"] is None
    assert result["scores"] == {}


FILTERS: list[tuple[dict[str, Any], dict[str, Any], dict[str, Any]]] = [
    # column values, a query that finds them, one that does not
    ({"probe_cc": "IT"}, {"probe_cc": "IT"}, {"probe_cc": "BR,FR"}),
    ({"probe_cc": "IT"}, {"probe_cc": "FR, IT"}, {"probe_cc": "FR"}),
    ({"probe_asn": 30722}, {"probe_asn": "AS30722"}, {"probe_asn": "AS3072"}),
    ({"probe_asn": 30722}, {"probe_asn": "1,30722"}, {"probe_asn": "1"}),
    ({"test_name": "signal"}, {"test_name": "tor,signal"}, {"test_name": "sig"}),
    ({"domain": "a.example"}, {"domain": "a.example , b.example"}, {"domain": "b.example"}),
    ({"domain": "[2001:db8::1]:443"}, {"domain": "[2001:db8::1]:443"}, {"domain": "[2001:db8::1]"}),
    ({"input": "dot://[v6]:853"}, {"input": "dot://[v6]:853"}, {"input": "dot://"}),
    ({"input": "http://пример/"}, {"input": "http://пример/"}, {"input": "http://%D0/"}),
    ({"input": "a'b\\c\td{x:String}%(a)s"}, {"input": "a'b\\c\td{x:String}%(a)s"}, {"input": "a'b"}),
    ({"input": "\\N\\n"}, {"input": "\\N\\n"}, {"input": "\n\n\n"}),
    ({"confirmed": "t"}, {"confirmed": "true"}, {"confirmed": "0"}),
    ({"anomaly": "t", "confirmed": "t"}, {"anomaly": "1"}, {"anomaly": "false"}),
    ({"msm_failure": "f"}, {"failure": "no"}, {"failure": "on"}),
    ({"software_version": "1.2"}, {"software_version": "1.1,1.2"}, {"software_version": "1"}),
    ({"test_version": "1.2"}, {"test_version": "1.2"}, {"test_version": "1"}),
    ({"engine_version": "1.2"}, {"engine_version": "1.2"}, {"engine_version": "1"}),
    ({"ooni_run_link_id": 10**15}, {"ooni_run_link_id": f"7,{10**15}"}, {"ooni_run_link_id": "7"}),
    ({"report_id": "r_1_x"}, {"report_id": "r_1_x"}, {"report_id": "r_1"}),
    (
        {"input": "https://a.example/x,y"},
        {"input": "https://a.example/x,y"},
        {"input": "https://a.example/x"},
    ),
    ({"probe_cc": "IT"}, {"probe_cc": ["FR", "IT,BR"]}, {"probe_cc": ["FR", "BR"]}),
    (
        {"input": "https://b.example/"},
        {"input": ["https://a.example/", "https://b.example/"]},
        {"input": ["abc"]},
    ),
    ({"report_id": "r_2_x"}, {"report_id": "r_3_x,r_2_x"}, {"report_id": ["r_3_x"]}),
    ({"software_version": "7"}, {"software_version": ["", "7"]}, {"software_version": ["", "8"]}),
    ({}, {"software_version": "", "input": "", "since": "", "limit": "", "anomaly": ""}, {"probe_cc": "FR"}),
    ({}, {"unknown": "x", "since_index": "1"}, {"test_name": "none"}),
    ({}, {"input": "https://site.example/", "domain": "other.example"}, {"domain": "other.example"}),
    ({}, {"input": "https://site.example/", "category_code": "XXX"}, {"category_code": "XXX"}),
]


def test_filters(backend: Any) -> None:
    backend.insert(*({"measurement_uid": f"u{n}", **values} for n, (values, _, _) in enumerate(FILTERS)))
    for n, (_, finds, misses) in enumerate(FILTERS):
        assert f"u{n}" in backend.uids(**finds), finds
        assert f"u{n}" not in backend.uids(**misses), misses


def test_flags_are_independent(backend: Any) -> None:
    flags = [(a, c, f) for a in "tf" for c in "tf" for f in "tf"]
    backend.insert(
        *(
            {
                "measurement_uid": "".join(flag),
                "anomaly": flag[0],
                "confirmed": flag[1],
                "msm_failure": flag[2],
            }
            for flag in flags
        )
    )
    for number, name in enumerate(("anomaly", "confirmed", "failure")):
        for value, mark in (("true", "t"), ("false", "f")):
            expected = sorted("".join(flag) for flag in flags if flag[number] == mark)
            assert sorted(backend.uids(**{name: value})) == expected


def test_a_category_in_many_lists_gives_each_measurement_once(backend: Any) -> None:
    url = "https://site.example/"
    lists = [("site.example", url, cc, "NEWS") for cc in ("ZZ", "br", "it")]
    backend.warehouse.insert("citizenlab", ["domain", "url", "cc", "category_code"], lists)
    backend.insert({}, {"measurement_uid": "other", "input": "https://other.example/"})
    assert len(backend.uids(category_code="NEWS")) == 1
    assert len(backend.uids(category_code="NEWS", domain="site.example")) == 1
    assert backend.uids(category_code="GRP") == []


def test_unknown_places_are_neither_listed_nor_asked_for(backend: Any) -> None:
    backend.insert({"measurement_uid": "a", "probe_cc": "ZZ"}, {"measurement_uid": "b", "probe_asn": 0})
    assert backend.uids() == []
    assert backend.uids(report_id="20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp") == []
    for query in (
        "probe_cc=ZZ",
        "probe_cc=IT,ZZ",
        "probe_cc=zz",
        "probe_asn=AS0",
        "probe_asn=0",
        "probe_asn=as00",
    ):
        answer = backend.client.get(f"/api/v1/measurements?{query}")
        assert answer.status_code == 403
        assert answer.json()["error"] == answer.json()["detail"]


def test_the_window_excludes_since_and_includes_until(backend: Any) -> None:
    backend.insert(*rows(5))
    window = {"since": "2026-03-02T09:00:01Z", "until": "2026-03-02 09:00:03"}
    assert backend.uids(**window, order="asc") == ["u0002", "u0003"]
    shifted = {"since": "2026-03-02T11:00:01+02:00", "until": "2026-03-02T04:00:03.999-05:00"}
    assert backend.uids(**shifted, order="ASC") == ["u0002", "u0003"]


def test_a_plus_that_was_not_escaped(backend: Any) -> None:
    backend.insert(*rows(3))
    answer = backend.client.get("/api/v1/measurements?since=2026-03-02T11:00:00+02:00&until=2026-3-3")
    assert len(answer.json()["results"]) == 2


def test_the_default_window(backend: Any) -> None:
    times = {
        "tomorrow": datetime(2026, 3, 3, 0, 0, 1, tzinfo=UTC),
        "tonight": datetime(2026, 3, 3, 0, 0, 0, tzinfo=UTC),
        "month": datetime(2026, 2, 1, 0, 0, 1, tzinfo=UTC),
        "before": datetime(2026, 2, 1, 0, 0, 0, tzinfo=UTC),
    }
    backend.insert(*({"measurement_uid": uid, "measurement_start_time": t} for uid, t in times.items()))
    assert backend.uids() == ["tonight", "month"]
    assert backend.uids(until="2026-02-03") == ["month", "before"]
    assert len(backend.uids(report_id="20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp")) == 4


def test_half_a_year_at_most(backend: Any) -> None:
    answer = backend.client.get("/api/v1/measurements?since=2025-01-01&until=2026-01-01")
    assert answer.status_code == 400
    text = "Time range must not exceed 6 months. Requested: 365 days (limit: 180 days)."
    assert answer.json() == {"detail": text, "error": text}
    assert backend.uids(since="2025-12-01", until="2026-03-01") == []
    assert backend.uids(since="2025-07-06", until="2026-01-02T23:59:59") == []


def test_order(backend: Any) -> None:
    backend.insert(*rows(3))
    assert backend.uids() == ["u0002", "u0001", "u0000"]
    assert backend.uids(order="Asc", order_by="measurement_start_time") == ["u0000", "u0001", "u0002"]


def test_ties_have_an_order(backend: Any) -> None:
    backend.insert(*({**row, "measurement_start_time": START} for row in rows(20)))
    paged = [uid for offset in range(0, 20, 3) for uid in backend.uids(offset=offset, limit=3)]
    assert paged == sorted(paged, reverse=True)
    assert len(set(paged)) == 20


def test_pages(backend: Any) -> None:
    backend.insert(*rows(300, probe_cc="IT"))
    seen = []
    url = "/api/v1/measurements?probe_cc=IT&limit=100&since=2026-03-01T00%3A00%3A00%2B00%3A00&x="
    for number in range(1, 5):
        body = backend.client.get(url).json()
        seen += [result["measurement_uid"] for result in body["results"]]
        metadata = body["metadata"]
        assert (metadata["current_page"], metadata["limit"]) == (number, 100)
        if number < 4:
            assert (metadata["count"], metadata["pages"]) == (-1, -1)
            assert metadata["next_url"] == (
                "https://api.example.org/api/v1/measurements?probe_cc=IT&limit=100"
                f"&since=2026-03-01T00%3A00%3A00%2B00%3A00&x=&offset={number * 100}"
            )
            parts = urlsplit(metadata["next_url"])
            url = f"{parts.path}?{parts.query}"
    assert (metadata["count"], metadata["pages"], metadata["next_url"]) == (300, 3, None)
    assert body["results"] == []
    assert seen == [f"u{n:04}" for n in reversed(range(300))]


def test_a_long_page_is_whole(backend: Any) -> None:
    backend.insert(*rows(2500))
    body = backend.search(limit=1_000_000)
    assert [result["measurement_uid"] for result in body["results"]] == [
        f"u{n:04}" for n in reversed(range(2500))
    ]
    assert body["metadata"]["count"] == 2500
    body = backend.search(limit=2000)
    assert (len(body["results"]), body["metadata"]["count"]) == (2000, -1)
    assert body["metadata"]["next_url"].endswith("limit=2000&offset=2000")


def test_a_measurement_that_was_scored_again_is_there_once_as_it_is_now(backend: Any) -> None:
    backend.warehouse.command("SYSTEM STOP MERGES fastpath")
    try:
        backend.insert(*rows(300, anomaly="t"))
        backend.insert(*rows(300, anomaly="f", confirmed="t"), mark="oonib reprocess")
        backend.insert(
            {"measurement_uid": "old", "measurement_start_time": START - timedelta(1), "anomaly": "t"}
        )
        assert len(backend.uids(limit=1000)) == 301
        assert len(backend.uids(limit=100_000)) == 301
        assert backend.uids(anomaly="true", limit=10) == ["old"]
        assert len(backend.uids(confirmed="true", limit=200)) == 200
        assert backend.uids(confirmed="false") == ["old"]
    finally:
        backend.warehouse.command("SYSTEM START MERGES fastpath")


@pytest.mark.parametrize("place", [{}, {"probe_cc": "BR"}, {"domain": "site.example"}])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_a_batch_that_was_written_twice_is_there_once(
    backend: Any, place: dict[str, str], order: str
) -> None:
    backend.warehouse.command("SYSTEM STOP MERGES fastpath")
    backend.warehouse.command("SYSTEM STOP MERGES fastpath_axes")
    try:
        for _ in range(2):
            backend.insert(*rows(40))
        whole = [f"u{n:04}" for n in range(40)]
        if order == "desc":
            whole.reverse()
        for limit in (1, 7, 40, 100):
            assert backend.uids(limit=limit, order=order, **place) == whole[:limit]
            assert backend.uids(limit=limit, offset=3, order=order, **place) == whole[3 : 3 + limit]
    finally:
        backend.warehouse.command("SYSTEM START MERGES fastpath")
        backend.warehouse.command("SYSTEM START MERGES fastpath_axes")


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("order=up", 400),
        ("order_by=probe_cc", 422),
        ("order_by=test_start_time", 422),
        ("order_by=measurement_start_time%3BDROP", 422),
        ("limit=0", 422),
        ("limit=-1", 422),
        ("limit=1000001", 422),
        ("limit=ten", 422),
        ("limit=99999999999999999999999", 422),
        ("offset=-1", 422),
        ("offset=99999999999999999999999", 422),
        ("probe_asn=x", 422),
        ("probe_asn=ASAS1", 422),
        ("probe_asn=4294967296", 422),
        ("probe_asn=-1", 422),
        ("probe_asn=%D9%A1", 422),
        ("probe_cc=ITA", 422),
        ("probe_cc=%F0%9F%87%AE%F0%9F%87%B9", 422),
        ("probe_cc=,", 422),
        ("ooni_run_link_id=18446744073709551616", 422),
        ("ooni_run_link_id=x", 422),
        ("since=yesterday", 422),
        ("since=2026-13-01", 422),
        ("since=0001-01-01T00:00:00%2B14:00", 422),
        ("anomaly=maybe", 422),
        ("input=ab", 422),
        ("domain=ab", 422),
        ("report_id=ab", 422),
        ("input=abc%00", 422),
        ("test_name=%00", 422),
        ("format=XML", 422),
        ("input=" + "a" * 65_000, 422),
        ("domain=" + "a" * 65_000, 422),
        ("test_name=" + "a," * 5_000, 422),
    ],
)
def test_what_is_out_of_range_is_refused(nothing: Any, query: str, status: int) -> None:
    answer = nothing.client.get(f"/api/v1/measurements?{query}")
    assert answer.status_code == status, answer.text
    assert set(answer.json()) >= {"error", "detail"}


@pytest.mark.parametrize(
    "query",
    ["since=0001-01-01&until=0001-02-01", "until=0001-01-01", "since=9999-12-01&until=9999-12-31T23:59:59"],
)
def test_times_that_the_table_cannot_hold_find_nothing(backend: Any, query: str) -> None:
    backend.insert({})
    answer = backend.client.get(f"/api/v1/measurements?{query}")
    assert answer.status_code == 200, answer.text
    assert answer.json()["results"] == []


PAYLOADS = [
    "'",
    "''",
    "\\",
    "\\'",
    "')) UNION ALL SELECT 1 --",
    "{x:String}",
    "{p0:String}",
    "%(a)s",
    "%s%s%s",
    "a\nb",
    "1; DROP TABLE fastpath",
    "\u202e\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
    "$$",
    "`probe_cc`",
    "abc" + "x" * 8000,
]


@pytest.mark.parametrize(
    "name",
    [
        "report_id",
        "input",
        "domain",
        "category_code",
        "test_name",
        "software_version",
        "probe_cc",
        "order",
        "since",
    ],
)
def test_payloads_are_values_and_never_sql(backend: Any, name: str) -> None:
    backend.insert({})
    for payload in PAYLOADS:
        answer = backend.client.get("/api/v1/measurements", params={name: payload})
        assert answer.status_code in (200, 400, 422), answer.text
        if answer.status_code == 200:
            assert answer.json()["results"] == []


def test_an_old_app_gets_what_it_can_stand(backend: Any) -> None:
    backend.insert({})
    answer = backend.client.get("/api/v1/measurements", headers={"User-Agent": "okhttp/3.12"})
    assert answer.headers["cache-control"] == "no-store"
    body = answer.json()
    assert body["metadata"] == {
        "count": 1,
        "current_page": 1,
        "limit": 100,
        "next_url": None,
        "offset": 0,
        "pages": 1,
        "query_time": 0.001,
    }
    (result,) = body["results"]
    assert result.pop("measurement_url") == ""
    assert set(result.values()) == {None}


@pytest.mark.parametrize("count", [3, 1500])
def test_csv(backend: Any, count: int) -> None:
    backend.insert(*rows(count, input="=1+1"))
    answer = backend.client.get(f"/api/v1/measurements?format=csv&limit={count}")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    table = list(csv.DictReader(io.StringIO(answer.text)))
    assert [line["measurement_uid"] for line in table] == [f"u{n:04}" for n in reversed(range(count))]
    assert table[0]["input"] == "'=1+1"
    assert (table[0]["anomaly"], table[0]["probe_asn"]) == ("false", "AS64500")
    assert table[0]["scores"] == '{"blocking_general":0.0}'
    if count == 3:
        assert re.fullmatch(r'<https://api\.example\.org/.*offset=3>; rel="next"', answer.headers["link"])


def test_a_query_that_takes_too_long_is_a_504(backend: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from oonib.warehouse.errors import WarehouseTimeout, WarehouseUnavailable

    def fail(error: Exception) -> Callable[..., Any]:
        def ask(*_arguments: Any, **_more: Any) -> Any:
            raise error

        return ask

    monkeypatch.setattr(backend.warehouse, "select_rows", fail(WarehouseTimeout(159, "too long")))
    answer = backend.client.get("/api/v1/measurements")
    assert answer.status_code == 504
    assert answer.json()["detail"].startswith("The database query timed out. ")
    monkeypatch.setattr(backend.warehouse, "select_rows", fail(WarehouseUnavailable(None, "away")))
    answer = backend.client.get("/api/v1/measurements")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)


@pytest.mark.parametrize("form", ["Parquet", "arrow"])
def test_columnar_tables_equal_the_list(backend: Any, form: str) -> None:
    backend.insert(
        *rows(3, anomaly="t", is_verified="f"),
        {"measurement_uid": "old", "input": "", "scores": "{}", "confirmed": "t"},
    )
    answer = backend.client.get(f"/api/v1/measurements?format={form}&order=asc&download=true")
    assert answer.headers["content-disposition"] == (f"attachment; filename=ooni-measurements.{form.lower()}")
    found = read_table(form, answer.content)
    assert [type(row["measurement_start_time"]) for row in found] == [datetime] * 4
    shown = [
        {
            **row,
            "measurement_start_time": row["measurement_start_time"].strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
            "scores": json.loads(row["scores"]),
        }
        for row in found
    ]
    assert shown == backend.search(order="asc")["results"]
    empty = backend.client.get(f"/api/v1/measurements?format={form}&probe_cc=FR")
    assert read_table(form, empty.content) == []


def read_table(form: str, content: bytes) -> list[dict[str, Any]]:
    import pyarrow as pa
    from pyarrow import parquet

    if form.lower() == "parquet":
        return parquet.read_table(pa.BufferReader(content)).to_pylist()
    return pa.ipc.open_stream(content).read_all().to_pylist()


def test_an_answer_about_the_past_is_sent_once(backend: Any) -> None:
    backend.insert(*rows(3, measurement_start_time=START - timedelta(days=20)))
    for query in ("until=2026-02-26", "until=2026-02-26&format=csv"):
        first = backend.client.get(f"/api/v1/measurements?{query}")
        assert first.headers["cache-control"] == "max-age=60"
        tag = {"If-None-Match": first.headers["etag"]}
        again = backend.client.get(f"/api/v1/measurements?{query}", headers=tag)
        assert (again.status_code, again.content) == (304, b"")
    assert "etag" not in backend.client.get("/api/v1/measurements").headers


def test_the_query_is_shown_to_who_is_here(backend: Any) -> None:
    backend.insert({})
    url = "/api/v1/measurements?domain=site.example&explain=true"
    assert backend.client.get(url).status_code == 403
    shown = backend.client.get(url, headers={"X-Local": "yes"}).json()
    assert len(shown["results"]) == 1
    assert "site.example" not in shown["explain"]["sql"]
    assert ["site.example"] in shown["explain"]["parameters"].values()


def test_each_measurement_is_on_one_page_while_others_come_in(backend: Any) -> None:
    """P2: newer and older ones arrive; those of the closed range are each seen once."""
    backend.insert(*rows(50))
    url = "/api/v1/measurements?limit=7&since=2026-03-01&until=2026-03-02T09:00:49&order=asc"
    seen: list[str] = []
    number = 0
    while url:
        body = backend.client.get(url).json()
        seen += [result["measurement_uid"] for result in body["results"]]
        following = urlsplit(body["metadata"]["next_url"] or "")
        url = f"{following.path}?{following.query}" if following.query else ""
        late = {"measurement_start_time": START + timedelta(minutes=5, seconds=number)}
        again = rows(50)[number % 50]
        backend.insert({"measurement_uid": f"late{number}", **late}, {**again, "anomaly": "t"})
        number += 1
    assert seen == [f"u{n:04}" for n in range(50)]
    assert number == 8
