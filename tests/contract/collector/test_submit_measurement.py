"""`POST /api/v1/submit_measurement` as tables (probe contract 6)."""

import json
from typing import Any

import httpx
import pytest
import zstandard

from oonib.spool import Spool

from support.submissions import UID, measurement

PATH = "/api/v1/submit_measurement"
NONE = {"nym": None, "zkp_request": None, "manifest_version": None, "protocol_version": None}


def request(content: str, **fields: Any) -> bytes:
    return json.dumps({"format": "json", "content": content, **NONE, **fields}).encode()


def text(**changes: Any) -> str:
    value = measurement(**changes)
    value.pop("report_id")
    return json.dumps(value)


CREDENTIALS = [
    (NONE, None),
    (
        {"nym": "bm8=", "zkp_request": "eA==", "manifest_version": "v7", "protocol_version": "0.1.0"},
        "manifest_not_found",
    ),
    ({"manifest_version": "v7"}, "manifest_not_found"),
]


@pytest.mark.parametrize(("fields", "error"), CREDENTIALS)
def test_stored_unverified(
    client: httpx.Client, spool: Spool, fields: dict[str, Any], error: str | None
) -> None:
    content = text()
    answer = client.post(PATH, content=request(content, **fields))
    assert answer.status_code == 200, answer.text
    assert answer.headers["cache-control"] == "no-cache"
    said = answer.json()
    assert list(said) == [
        "measurement_uid",
        "verification_status",
        "submit_response",
        "protocol_version",
        "error",
        "report_id",
    ]
    assert UID.match(said["measurement_uid"])
    assert (said["verification_status"], said["submit_response"], said["error"]) == (
        "unverified",
        None,
        error,
    )
    stored = spool.body(said["measurement_uid"])
    assert stored is not None
    envelope = json.loads(stored)
    assert list(envelope) == ["content", "format", "protocol_version", "manifest_version", "is_verified"]
    assert envelope["is_verified"] == "u"
    assert envelope["protocol_version"] == fields.get("protocol_version")
    assert envelope["content"] == {**json.loads(content), "report_id": said["report_id"]}
    assert content[:-1].encode() in stored
    assert b"zkp" not in stored
    assert b"nym" not in stored


@pytest.mark.parametrize("field", ["protocol_version", "manifest_version"])
def test_half_a_character_is_kept_as_sent(client: httpx.Client, spool: Spool, field: str) -> None:
    answer = client.post(PATH, content=request(text(), **{field: "v\ud800"}))
    assert answer.status_code == 200, answer.text
    stored = spool.body(answer.json()["measurement_uid"]) or b""
    assert b'"%s":"v\\ud800"' % field.encode() in stored
    assert json.loads(stored)[field] == "v\ud800"


def test_the_report_id_is_the_servers(client: httpx.Client, spool: Spool) -> None:
    content = json.dumps({"report_id": "mine", **measurement(report_id="mine")})
    said = client.post(PATH, content=request(content)).json()
    stored = json.loads(spool.body(said["measurement_uid"]) or b"")
    assert stored["content"]["report_id"] == said["report_id"] != "mine"
    parts = said["report_id"].split("_")
    assert parts[1:5] == ["webconnectivity", "BR", "28573", "n1"]


def test_the_same_again_gets_the_same_answer(client: httpx.Client) -> None:
    raw = request(text())
    first = client.post(PATH, content=raw).json()
    again = client.post(PATH, content=zstandard.compress(raw), headers={"Content-Encoding": "zstd"}).json()
    assert again == first


REFUSED = {
    "no content": (b'{"format":"json"}', 422),
    "no format": (json.dumps({"content": text()}).encode(), 422),
    "other format": (json.dumps({"format": "yaml", "content": text()}).encode(), 422),
    "content is an object": (b'{"format":"json","content":{}}', 422),
    "nym is a number": (request(text(), nym=5), 422),
    "not an object": (b"[]", 422),
    "not json": (b"{", 400),
    "content is not json": (request("{"), 400),
    "content is a list": (request("[]"), 400),
    "content with nan": (request('{"a": NaN}'), 400),
    "content with a lone surrogate in its text": (
        b'{"format":"json","content":"{\\"a\\":\\"\\ud800\\"}"}',
        400,
    ),
    "country unknown": (request(text(probe_cc="ZZ")), 400),
    "network unknown": (request(text(probe_asn="AS0")), 400),
    "network is no number": (request(text(probe_asn="ASxyz")), 400),
    "country is null": (request(text(probe_cc=None)), 400),
    "name without letters": (request(text(test_name="a_-_")), 400),
}


@pytest.mark.parametrize(("content", "status"), REFUSED.values(), ids=REFUSED.keys())
def test_refused(client: httpx.Client, spool: Spool, content: bytes, status: int) -> None:
    before = spool.status().entries
    answer = client.post(PATH, content=content)
    assert answer.status_code == status, answer.text
    assert answer.json()["error"]
    assert answer.json()["detail"]
    assert spool.status().entries == before


TOKENS = [
    ("ZZ", "AS1", "cc_zz"),
    ("BR", "AS0", "asn_0"),
    ("BR", "ASxyz", "asn_invalid"),
    ("br", "AS1", "bad_metadata"),
]


@pytest.mark.parametrize(("cc", "asn", "token"), TOKENS)
def test_tokens(client: httpx.Client, cc: str, asn: str, token: str) -> None:
    answer = client.post(PATH, content=request(text(probe_cc=cc, probe_asn=asn)))
    assert answer.json()["error"] == token
