"""One measurement: meta, raw body, body by uid (data contract 2.1 to 2.3)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from oonib.archive import Packer
from oonib.model.envelope import content_span

from support.archiving import post, score_everything, submit

REPORT = "20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp"
RECEIVED = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)
STORED = (
    b'{"format":"json","content":{ "report_id":"' + REPORT.encode() + b'",\n "probe_asn":"AS64500",'
    b'"odd":"\\ud800 \xc3\xa9 \\/","big":123456789012345678901234567890,"input":"https://site.example/"}'
    b',"is_verified":"u"}'
)
CONTENT = content_span(STORED)
ONE_LINE = CONTENT.replace(b"\n", b"")


def accept(backend: Any, stored: bytes = STORED, *, row: bool = True, **values: Any) -> str:
    """A measurement in the spool, with its row unless it is not scored yet."""
    uid = submit(backend.spool, stored, received=values.pop("received", RECEIVED))
    if row:
        backend.insert({"measurement_uid": uid, "report_id": REPORT, **values})
    return uid


def pack(backend: Any) -> None:
    """Everything from the spool into the archive."""
    score_everything(backend.spool)
    packer = Packer(
        backend.spool, backend.store, backend.warehouse, collector="1", work_dir=backend.folder / "work"
    )
    summary = packer.pack(backend.now, include_current=True)
    assert summary.ok
    assert summary.unscored == 0


def test_meta(backend: Any) -> None:
    lists = [
        ("site.example", "https://site.example/", cc, code) for cc, code in (("br", "A"), ("ZZ", "NEWS"))
    ]
    backend.warehouse.insert("citizenlab", ["domain", "url", "cc", "category_code"], lists)
    uid = accept(backend, confirmed="t", is_verified="f")
    answer = backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}")
    assert answer.headers["cache-control"] == "max-age=60"
    expected = {
        "anomaly": False,
        "category_code": "NEWS",
        "confirmed": True,
        "failure": False,
        "input": "https://site.example/",
        "measurement_start_time": "2026-03-02T09:59:30Z",
        "measurement_uid": uid,
        "probe_asn": 64500,
        "probe_cc": "BR",
        "report_id": REPORT,
        "scores": '{"blocking_general":0.0}',
        "test_name": "web_connectivity",
        "test_start_time": "2026-03-02T09:59:00Z",
        "verification_status": "failed",
    }
    assert answer.json() == expected
    for query in (
        f"report_id={REPORT}&input=https%3A%2F%2Fsite.example%2F",
        f"measurement_uid={uid}&report_id=bad&input=",
    ):
        assert backend.client.get(f"/api/v1/measurement_meta?{query}").json() == expected


def test_meta_with_the_body_as_a_string(backend: Any) -> None:
    uid = accept(backend)
    for flag in ("true", "True", "1", "yes"):
        answer = backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}&full={flag}")
        assert answer.json()["raw_measurement"] == CONTENT.decode()
    pack(backend)
    answer = backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}&full=true")
    assert answer.json()["raw_measurement"] == ONE_LINE.decode()


def test_the_category_is_absent_only_where_the_input_was_not_named(backend: Any) -> None:
    uid = accept(backend, input="")
    assert backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}").json()["category_code"] == ""
    found = backend.client.get(f"/api/v1/measurement_meta?report_id={REPORT}").json()
    assert found["category_code"] is None
    assert found["input"] == ""


def test_a_report_id_alone_means_without_input(backend: Any) -> None:
    accept(backend)
    assert backend.client.get(f"/api/v1/measurement_meta?report_id={REPORT}").json() == {}


@pytest.mark.parametrize("query", ["measurement_uid=none", f"report_id={REPORT}"])
def test_what_is_not_there(backend: Any, query: str) -> None:
    answer = backend.client.get(f"/api/v1/measurement_meta?{query}")
    assert (answer.status_code, answer.json()) == (200, {})
    answer = backend.client.get(f"/api/v1/measurement_meta?full=true&{query}")
    assert answer.json() == {"raw_measurement": ""}
    answer = backend.client.get(f"/api/v1/raw_measurement?{query}")
    assert (answer.status_code, answer.content) == (200, b"{}")
    assert answer.headers["cache-control"] == "max-age=60"


def test_of_an_unknown_network_nothing_is_shown(backend: Any) -> None:
    uid = accept(backend, STORED.replace(b"AS64500", b"AS0"), probe_asn=0)
    for path in ("measurement_meta", "raw_measurement"):
        assert backend.client.get(f"/api/v1/{path}?measurement_uid={uid}").json() == {}
    assert backend.client.get(f"/api/v1/measurement/{uid}").status_code == 404
    unscored = accept(backend, STORED.replace(b"AS64500", b"AS0"), row=False)
    assert backend.client.get(f"/api/v1/raw_measurement?measurement_uid={unscored}").json() == {}


@pytest.mark.parametrize(
    ("path", "query", "status", "detail"),
    [
        (
            "measurement_meta",
            "",
            400,
            "Missing measurement_uid or report_id. You should provide at the least one",
        ),
        (
            "measurement_meta",
            "input=abc",
            400,
            "Missing measurement_uid or report_id. You should provide at the least one",
        ),
        ("raw_measurement", "", 400, "Either report_id or measurement_uid must be provided"),
        ("measurement_meta", "report_id=short", 422, "Invalid report_id field"),
        ("raw_measurement", "report_id=" + "a" * 101, 422, "Invalid report_id field"),
        ("raw_measurement", "report_id=" + "a" * 500, 422, "Invalid report_id field"),
        ("raw_measurement", "report_id=20260302T095900Z_web%27connectivity", 422, "Invalid report_id field"),
        ("raw_measurement", "report_id=../../../../../etc/passwd", 422, "Invalid report_id field"),
        ("measurement_meta", "measurement_uid=ab", 422, None),
        ("measurement_meta", "measurement_uid=abc%00", 422, None),
        ("measurement_meta", "measurement_uid=" + "a" * 65_000, 422, None),
        ("measurement_meta", "measurement_uid=abc&full=perhaps", 422, None),
        ("measurement/ab", "", 422, None),
        ("measurement/a%00c", "", 422, None),
        ("measurement/abc", "download=perhaps", 422, None),
        ("measurement/abc", "", 404, "Measurement not found"),
        ("measurement/..%2F..%2Fetc%2Fpasswd", "", 404, None),
    ],
)
def test_refusals(nothing: Any, path: str, query: str, status: int, detail: str | None) -> None:
    answer = nothing.client.get(f"/api/v1/{path}?{query}")
    assert answer.status_code == status, answer.text
    if detail is not None:
        assert answer.json() == {"error": detail, "detail": detail}


def test_the_body_is_there_from_acceptance_on_and_stays(backend: Any) -> None:
    uid = accept(backend, row=False)
    urls = (f"/api/v1/raw_measurement?measurement_uid={uid}", f"/api/v1/measurement/{uid}")
    assert [backend.client.get(url).content for url in urls] == [CONTENT, CONTENT]
    backend.insert({"measurement_uid": uid, "report_id": REPORT})
    assert [backend.client.get(url).content for url in urls] == [CONTENT, CONTENT]
    pack(backend)
    assert backend.spool.body(uid) is None
    for now in (RECEIVED, RECEIVED + timedelta(days=400)):
        backend.now = now
        assert [backend.client.get(url).content for url in urls] == [ONE_LINE, ONE_LINE]


def test_headers_of_bodies(backend: Any) -> None:
    uid = accept(backend)
    raw = backend.client.get(f"/api/v1/raw_measurement?report_id={REPORT}&input=https://site.example/")
    assert raw.content == CONTENT
    assert raw.headers["content-type"] == "application/json"
    assert raw.headers["cache-control"] == "max-age=86400"
    assert "content-disposition" not in raw.headers
    body = backend.client.get(f"/api/v1/measurement/{uid}?download=")
    assert body.headers["cache-control"] == "max-age=3600"
    assert body.headers["content-type"] == "application/json"
    assert "content-disposition" not in body.headers
    body = backend.client.get(f"/api/v1/measurement/{uid}?download=true")
    assert body.headers["content-disposition"] == f"attachment; filename=ooni_measurement-{uid}.json"


def test_a_row_without_a_body_anywhere(backend: Any) -> None:
    backend.insert({"measurement_uid": "0120200101aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"})
    uid = "0120200101aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
    answer = backend.client.get(f"/api/v1/raw_measurement?measurement_uid={uid}")
    assert (answer.status_code, answer.json()["detail"]) == (404, "Measurement not found")
    assert answer.headers["cache-control"] == "no-cache"
    full = backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}&full=true").json()
    assert full["raw_measurement"] == ""
    assert full["measurement_uid"] == uid


def test_of_a_repeated_report_and_input_each_uid_has_its_own_body(backend: Any) -> None:
    uids = [
        accept(backend, post(REPORT, n), received=RECEIVED + timedelta(seconds=n), input="") for n in range(3)
    ]
    pack(backend)
    for n, uid in enumerate(uids):
        assert backend.client.get(f"/api/v1/measurement/{uid}").json()["n"] == n


def test_a_store_that_is_away_is_no_missing_measurement(
    backend: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from oonib.objects import ObjectStoreUnavailable

    uid = accept(backend)
    pack(backend)

    def away(*_arguments: Any) -> bytes:
        raise ObjectStoreUnavailable("away")

    monkeypatch.setattr(backend.store, "get_range", away)
    answer = backend.client.get(f"/api/v1/measurement/{uid}")
    assert (answer.status_code, "retry-after" in answer.headers) == (503, True)
    answer = backend.client.get(f"/api/v1/measurement_meta?measurement_uid={uid}&full=true")
    assert (answer.status_code, answer.json()["raw_measurement"]) == (200, "")
    assert answer.headers["cache-control"] == "no-cache"
