"""The page of a measurement over HTTP: what it says, what it does without, hostile bodies, feedback."""

import copy
import hashlib
import json
import re
from typing import Any

import orjson
import pytest

from oonib.errors import Gone, NotFound, Timeout, Unavailable
from oonib.feedback.schema import STATUSES
from oonib.records import Records
from oonib.web.measurement.judgements import WORDS
from oonib.web.measurement.provenance import Place

from .conftest import Site
from .worlds import kinds
from support.html import HOSTILE
from support.pages import BASE, session_token

AWAY = Unavailable("The database is away for a moment")
KEY = "raw/20260302/00/TR/webconnectivity/2026030200_TR_webconnectivity.n1.0.jsonl.gz"


def test_says_the_verdict_why_and_what_shows_it(site: Site) -> None:
    uid = site.put_one()
    answer = site.client.get(f"/m/{uid}")
    assert answer.status_code == 200
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    twin = site.twin(uid)
    assert (twin["state"], twin["flags"]["anomaly"]) == ("scored", True)
    assert twin["verdict"]["word"] in answer.text
    for sentence in (twin["headline"], *twin["because"]):
        assert sentence in answer.text
    for one in twin["compared"]:
        assert one["label"] in answer.text
    assert len(twin["timeline"]["steps"]) == answer.text.count("</svg></td></tr>")
    assert "The blocking score is" in answer.text


@pytest.mark.parametrize("number", range(len(kinds())))
def test_every_kind_has_a_page(site: Site, number: int) -> None:
    subject, _ = kinds()[number]
    uid = site.put(dict(subject.row), dict(subject.body)) if subject.row else "none"
    answer = site.client.get(f"/m/{uid}")
    assert answer.status_code == (200 if subject.row else 404)
    assert len(answer.content) < 100_000


def test_the_body_is_not_in_the_page(site: Site) -> None:
    subject = next(
        subject for subject, truth in kinds() if subject.test_name == "web_connectivity" and truth.anomaly
    )
    body = copy.deepcopy(dict(subject.body))
    body["test_keys"]["requests"] = [
        {
            "request": {"url": "http://a.example/"},
            "failure": None,
            "response": {"code": 200, "body": "secret " * 120_000},
        }
    ]
    uid = site.put(dict(subject.row), body)
    page = site.client.get(f"/m/{uid}")
    assert page.status_code == 200
    assert len(page.content) < 60_000
    assert "secret" not in page.text
    assert f'data-url="/api/v1/measurement/{uid}"' in page.text


def test_where_it_is_kept(site: Site) -> None:
    uid = site.put_one()
    body = site.kept.bodies[uid]
    assert site.twin(uid)["provenance"]["state"] == "spool"
    assert "Not archived yet" in site.client.get(f"/m/{uid}").text
    site.place = Place(KEY, 7, 1000, 200, 3)
    told = site.twin(uid)["provenance"]
    assert (told["state"], told["hour"], told["bytes"]) == ("archived", "2026030200", len(body))
    assert told["sha256"] == hashlib.sha256(body).hexdigest()
    assert told["proof"] == f"/api/v1/archive/proof/{uid}"
    assert told["commands"]["check"].startswith(
        f"curl -o measurement.json {BASE}/api/v1/measurement/{uid}\nsha256sum"
    )
    assert "--since 2026-03-02T00 --until 2026-03-02T01" in told["commands"]["verify"]
    page = site.client.get(f"/m/{uid}").text
    for part in (f"/data/objects/{KEY}", told["sha256"], told["proof"], "oonib archive verify"):
        assert part in page


def test_an_object_of_another_archive_has_no_proof(site: Site) -> None:
    uid = site.put_one()
    site.place = Place("autoclaved/x.tar.lz4", 7)
    told = site.twin(uid)["provenance"]
    assert (told["proof"], told["hour"], "verify" in told["commands"]) == ("", "", False)


def test_how_others_fared(site: Site) -> None:
    uid = site.put_one()
    asn = site.kept.rows[uid]["probe_asn"]
    site.around.rows = [(asn, 1, 2, 3, 4, 10), (asn + 1, 0, 0, 0, 90, 90)]
    told = site.twin(uid)["neighbours"]
    assert (told["network"]["total"], told["country"]["total"], told["country"]["ok"]) == (10, 100, 94)
    assert "/chart/mat?probe_cc=" in site.client.get(f"/m/{uid}").text


def test_counts_that_fail_are_told_in_place(site: Site) -> None:
    uid = site.put_one()
    site.around.error = Timeout("too long")
    assert site.twin(uid)["neighbours"] is None
    assert "Not counted just now" in site.client.get(f"/m/{uid}").text


def test_not_scored_yet(site: Site) -> None:
    uid = site.put_one()
    site.kept.rows.clear()
    page = site.client.get(f"/m/{uid}")
    assert page.status_code == 200
    assert "not scored yet" in page.text
    assert "there is no verdict yet" in page.text
    assert site.twin(uid)["state"] == "unscored"


def test_clickhouse_is_away(site: Site) -> None:
    uid = site.put_one()
    site.kept.row_error, site.place = AWAY, AWAY
    page = site.client.get(f"/m/{uid}")
    assert page.status_code == 200
    assert "The verdict cannot be shown just now: The database is away for a moment." in page.text
    assert "Its place in the archive cannot be looked up just now" in page.text
    assert "Step by step" in page.text
    site.kept.body_error = AWAY
    assert site.client.get(f"/m/{uid}").status_code == 503


def test_the_body_is_away_or_lost(site: Site) -> None:
    uid = site.put_one()
    site.kept.body_error = Unavailable("The body cannot be fetched just now")
    page = site.client.get(f"/m/{uid}")
    assert (page.status_code, "cannot be fetched just now" in page.text) == (200, True)
    site.kept.body_error = NotFound("Measurement not found")
    page = site.client.get(f"/m/{uid}")
    assert (page.status_code, "Nobody has the body" in page.text) == (200, True)


def test_removed(site: Site) -> None:
    told = {
        "removed_at": "2026-03-04T05:06:07Z",
        "removed_by": "a person",
        "reason": f"asked for {HOSTILE[0]}",
    }
    site.kept.body_error = Gone("This measurement was removed", extra=dict(told))
    page = site.client.get("/m/20260302100000.000000_BR_webconnectivity_0123456789abcdef")
    assert page.status_code == 410
    assert "2026-03-04T05:06:07Z" in page.text
    assert "<script>alert" not in page.text
    twin = site.client.get("/m/20260302100000.000000_BR_webconnectivity_0123456789abcdef?format=json")
    assert (twin.status_code, twin.json()["tombstone"]) == (410, told)


@pytest.mark.parametrize(
    "uid",
    [
        "20260302100000.000000_BR_webconnectivity_0123456789abcdef",
        "x",
        "%00",
        "%F0%9F",
        "a" * 250,
        "%3Cscript%3E",
    ],
)
def test_no_such_measurement(site: Site, uid: str) -> None:
    page = site.client.get(f"/m/{uid}")
    assert page.status_code == 404
    assert "/search" in page.text
    assert "<script>" not in page.text.replace("<script src", "")
    assert site.client.get(f"/m/{uid}?format=json").json()["error"] == "Measurement not found"


def test_a_missing_one_leads_to_its_neighbours(site: Site) -> None:
    page = site.client.get("/m/20260302100000.000000_BR_webconnectivity_0123456789abcdef").text
    assert "/search?probe_cc=BR&amp;until=2026-03-02T23:59:59Z" in page


def test_the_older_address(site: Site) -> None:
    uid = site.put_one()
    row = site.kept.rows[uid]
    moved = site.client.get(f"/measurement/{row['report_id']}", params={"input": row["input"]})
    assert (moved.status_code, moved.headers["location"]) == (303, f"/m/{uid}")
    assert site.client.get(f"/measurement/{uid}").headers["location"] == f"/m/{uid}"
    assert site.client.get(f"/measurement/{row['report_id']}?input=other").status_code == 404


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_text_in_every_field(site: Site, hostile: str) -> None:
    for subject, _ in kinds()[:6]:
        body = _filled(subject.body, hostile)
        row = {
            name: hostile
            if isinstance(value, str) and name not in ("measurement_uid", "test_name", "scores")
            else value
            for name, value in subject.row.items()
        }
        row["scores"] = orjson.dumps(
            {
                "blocking_general": 1.0,
                "msg": hostile.replace("\ud800", ""),
                "analysis": {"blocking_type": hostile.replace("\ud800", "")},
                "fingerprints": [
                    {"name": "<b>", "scope": "<b>", "location_found": "<b>", "expected_countries": ["<b>"]}
                ],
            }
        ).decode()
        if not subject.row:
            continue
        uid = site.put(row, _dumps(body | {"test_name": subject.test_name}))
        page = site.client.get(f"/m/{uid}")
        assert page.status_code == 200
        assert not re.search(r"<(script>|img|form action=//)", page.text)
        assert not re.search(r'href="(javascript|data|//|https?:)', page.text)
        assert not set(page.text) & {"\0", "\u202e", "\x1b"}
        assert "8641969" not in page.text
        assert site.client.get(f"/m/{uid}?format=json").status_code == 200


def _dumps(body: Any) -> bytes:
    try:
        return orjson.dumps(body)
    except TypeError:
        # With lone surrogates, which the backend takes as escapes.
        return json.dumps(body).encode()


def _filled(node: Any, hostile: str, depth: int = 0) -> Any:
    """A body with every text replaced, but for the names of keys near its top."""
    if isinstance(node, dict):
        names = (
            node
            if depth < 3
            else [f"{name}{hostile}" if number == 0 else name for number, name in enumerate(node)]
        )
        return {
            name: _filled(value, hostile, depth + 1) for name, value in zip(names, node.values(), strict=True)
        }
    if isinstance(node, list):
        return [_filled(item, hostile, depth + 1) for item in node]
    return hostile if isinstance(node, str) else node


@pytest.mark.parametrize("content", [b"[]", b'"x"', b"{}", b'{"test_keys":[]}', b"not json", b'{"a":' * 3000])
def test_bodies_of_no_shape(site: Site, content: bytes) -> None:
    uid = site.put_one()
    site.kept.bodies[uid] = content
    assert site.client.get(f"/m/{uid}").status_code == 200
    site.kept.rows.clear()
    assert site.client.get(f"/m/{uid}").status_code == 200


def test_what_people_say(site: Site, records: Records) -> None:
    uid = site.put_one()
    assert "Log in to tell us" in site.client.get(f"/m/{uid}").text
    assert site.client.post(f"/m/{uid}/feedback", {"status": "ok"}).status_code == 401
    site.client.token = session_token()
    page = site.client.get(f"/m/{uid}").text
    mark = re.search(r'name="mark" value="([^"]+)"', page)
    assert mark is not None
    assert "Nobody has said anything" in page
    bad = site.client.post(f"/m/{uid}/feedback", {"status": "fine", "mark": mark[1]})
    assert bad.status_code == 400
    assert site.client.post(f"/m/{uid}/feedback", {"status": "ok"}).status_code == 403
    sent = site.client.post(f"/m/{uid}/feedback", {"status": "blocked.dns", "mark": mark[1]})
    assert (sent.status_code, sent.headers["location"]) == (303, f"/m/{uid}#said")
    told = site.twin(uid)["feedback"]
    assert told == {"counts": {"blocked.dns": 1}, "own": "blocked.dns"}
    assert "It is blocked by DNS: <b>1</b>" in site.client.get(f"/m/{uid}").text


def test_every_status_has_words() -> None:
    assert set(WORDS) == STATUSES


def test_other_languages(site: Site) -> None:
    uid = site.put_one()
    assert 'dir="rtl"' in site.client.get(f"/m/{uid}?lang=ar").text
