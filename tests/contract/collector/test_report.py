"""`POST /report…` as tables: what is sent, what is answered, what is stored (probe contract 4 and 5)."""

import gzip
import hashlib
import json
from collections.abc import Callable
from http.client import HTTPConnection
from typing import Any

import httpx
import pytest
import zstandard

from oonib.spool import Spool

from support.processes import Oonib
from support.submissions import REPORT_ID, UID, body, measurement

OPEN = [
    ({}, "ZZ", "0", ""),
    (
        {"probe_cc": "br", "probe_asn": "as28573", "test_name": "Web_Connectivity"},
        "BR",
        "28573",
        "webconnectivity",
    ),
    ({"probe_cc": "BRA", "probe_asn": "28573", "test_name": "tor"}, "ZZ", "0", "tor"),
    ({"probe_cc": None, "probe_asn": 5, "test_name": ["x"]}, "ZZ", "0", ""),
    ({"probe_cc": "I_T", "probe_asn": "AS3269", "test_name": "a-b/../c"}, "IT", "3269", "abc"),
]


@pytest.mark.parametrize(("claim", "cc", "asn", "test"), OPEN)
def test_open_report(client: httpx.Client, claim: dict[str, Any], cc: str, asn: str, test: str) -> None:
    answer = client.post("/report", content=json.dumps(claim), headers={"Content-Type": "text/plain"})
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    opened = answer.json()
    assert opened["backend_version"] == "1.3.5"
    assert opened["supported_formats"] == ["yaml", "json"]
    parts = opened["report_id"].split("_")
    assert len(parts) == 6
    assert parts[1:5] == [test, cc, asn, "n1"]


PACKED = [("gzip", gzip.compress), ("zstd", zstandard.compress)]


@pytest.mark.parametrize(("encoding", "pack"), PACKED)
def test_open_report_packed(client: httpx.Client, encoding: str, pack: Callable[[bytes], bytes]) -> None:
    headers = {"Content-Encoding": encoding}
    claim = b'{"probe_cc":"BR","probe_asn":"AS28573","test_name":"tor"}'
    opened = client.post("/report", content=pack(claim), headers=headers).json()
    assert opened["report_id"].split("_")[1:5] == ["tor", "BR", "28573", "n1"]
    for content, status in ((b"x", 400), (pack(b" " * 5_000_000), 413)):
        assert client.post("/report", content=content, headers=headers).status_code == status


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b"\xff", b'"x"'])
def test_open_report_needs_an_object(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/report", content=content)
    assert answer.status_code == 400
    assert answer.json()["error"] == answer.json()["detail"] == "Incorrect format"
    assert answer.json()["reason"]


STORED = {
    "plain": ({}, lambda raw: raw),
    "zstd": ({"Content-Encoding": "zstd"}, zstandard.compress),
    "zstd without size": (
        {"Content-Encoding": "ZSTD"},
        lambda raw: zstandard.ZstdCompressor(write_content_size=False).compress(raw),
    ),
    "gzip": ({"Content-Encoding": "gzip"}, gzip.compress),
    "wrong content type": ({"Content-Type": "application/octet-stream"}, lambda raw: raw),
    "unknown encoding of plain bytes": ({"Content-Encoding": "identity"}, lambda raw: raw),
}


@pytest.mark.parametrize(("headers", "encode"), STORED.values(), ids=STORED.keys())
def test_a_measurement_is_stored(
    client: httpx.Client, spool: Spool, headers: dict[str, str], encode: Any
) -> None:
    raw = body()
    answer = client.post(f"/report/{REPORT_ID}", content=encode(raw), headers=headers)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-cache"
    uid = answer.json()["measurement_uid"]
    assert UID.match(uid)
    stored = spool.body(uid)
    assert stored == raw[:-1] + b',"is_verified":"u"}'
    assert uid.endswith(hashlib.sha512(stored).hexdigest()[:16])


ODD_BUT_FINE = {
    "claims verification": b'{"is_verified":"t","content":%s}',
    "no format": b'{"content":%s}',
    "unknown keys": b'{"x":[1,{"y":null}],"content":%s,"format":"json"}',
    "white space": b' \r\n{ "content" :\t%s }\n ',
}


@pytest.mark.parametrize("shape", ODD_BUT_FINE.values(), ids=ODD_BUT_FINE.keys())
def test_content_is_stored_byte_for_byte(client: httpx.Client, spool: Spool, shape: bytes) -> None:
    head = json.dumps(measurement())[:-1].encode()
    odd = rb',"s":"\ud800", "d":1,"d":2 ,"i":12345678901234567890123, "f":1e400,"p":0.1000000000000000001}'
    content = head + odd
    answer = client.post(f"/report/{REPORT_ID}", content=shape % content)
    assert answer.status_code == 200, answer.text
    stored = spool.body(answer.json()["measurement_uid"])
    assert stored is not None
    assert content in stored
    assert stored.endswith(b',"is_verified":"u"}')
    assert stored.count(b"is_verified") == 1


DROPPED = [
    REPORT_ID.replace("28573", "0"),
    REPORT_ID.replace("_BR_", "_ZZ_"),
    REPORT_ID.replace("_BR_", "_zz_"),
]


@pytest.mark.parametrize("report_id", DROPPED)
def test_without_network_or_country_nothing_is_stored(
    client: httpx.Client, spool: Spool, report_id: str
) -> None:
    before = spool.status().entries
    answer = client.post(f"/report/{report_id}", content=b"nobody looks at this")
    assert (answer.status_code, answer.json()) == (200, {})
    assert spool.status().entries == before


@pytest.mark.parametrize(("report_id", "status"), [(DROPPED[0], 200), ("bogus", 400)])
def test_a_client_may_finish_sending_what_nobody_looks_at(api: Oonib, report_id: str, status: int) -> None:
    connection = HTTPConnection("127.0.0.1", api.port, timeout=20)
    for _ in range(10):
        connection.request("POST", f"/report/{report_id}", body=bytes(1_900_000))
        answer = connection.getresponse()
        assert answer.read()
        assert (answer.status, answer.getheader("connection")) == (status, None)
    connection.close()


BAD_IDS = [
    "x",
    REPORT_ID + "_x",
    REPORT_ID.replace("_BR_", "_BRA_"),
    REPORT_ID.replace("webconnectivity", "w"),
    REPORT_ID.replace("webconnectivity", "w" * 30),
    REPORT_ID.replace("webconnectivity", "web-connectivity"),
    REPORT_ID.replace("28573", "AS28573"),
    REPORT_ID.replace("k3Zq", "%2e%2e%2f"),
    REPORT_ID.replace("k3Zq", "..%5c"),
    REPORT_ID.replace("k3Zq", "%00"),
    REPORT_ID.replace("28573", "%D9%A1%D9%A2"),
    "_" * 7,
    "a" * 4096,
]
ENVELOPES = {
    "empty": b"",
    "not json": b"{",
    "list": b"[]",
    "text": b'"x"',
    "null": b"null",
    "no content": b'{"format":"json"}',
    "content is text": b'{"content":"{}"}',
    "content is null": b'{"content":null}',
    "nan": b'{"content":{"a":NaN}}',
    "infinity": b'{"content":{"a":-Infinity}}',
    "too deep": b'{"content":' + b'{"a":' * 300 + b"1" + b"}" * 300 + b"}",
    "very deep": b'{"content":{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}}",
    "invalid utf-8": b'{"content":{"a":"\xff"}}',
    "byte order mark": b"\xef\xbb\xbf" + body(),
    "utf-16": body().decode().encode("utf-16"),
    "raw nul": b'{"content":{"a":"\x00"}}',
    "trailing data": body() + b"x",
}


@pytest.mark.parametrize("report_id", BAD_IDS)
def test_a_bad_report_id(client: httpx.Client, spool: Spool, report_id: str) -> None:
    before = spool.status().entries
    answer = client.post(f"/report/{report_id}", content=body())
    assert answer.status_code in (400, 404)
    assert answer.json()["error"] == answer.json()["detail"]
    assert spool.status().entries == before


@pytest.mark.parametrize("content", ENVELOPES.values(), ids=ENVELOPES.keys())
def test_a_bad_envelope(client: httpx.Client, spool: Spool, content: bytes) -> None:
    before = spool.status().entries
    answer = client.post(f"/report/{REPORT_ID}", content=content)
    assert answer.status_code == 400
    assert answer.json()["detail"] == "Incorrect format"
    assert answer.json()["reason"]
    assert spool.status().entries == before


def wide_window() -> bytes:
    """A frame that makes its reader set aside 128 MiB before it has seen a byte of the body."""
    parameters = zstandard.ZstdCompressionParameters(window_log=27, write_content_size=False)
    compressor = zstandard.ZstdCompressor(compression_params=parameters).compressobj()
    return compressor.compress(body()) + compressor.flush()


ENCODED = {
    "damaged zstd": ("zstd", zstandard.compress(body())[:-9] + b"x" * 9, 400),
    "cut zstd": ("zstd", zstandard.compress(body())[:-5], 400),
    "not zstd": ("zstd", body(), 400),
    "two zstd frames": ("zstd", zstandard.compress(body()) + zstandard.compress(b" "), 400),
    "hundred zstd frames": ("zstd", zstandard.compress(b" " * 1000) * 100, 400),
    "zstd twice": ("zstd, zstd", zstandard.compress(zstandard.compress(body())), 400),
    "cut gzip": ("gzip", gzip.compress(body())[:-12], 400),
    "not gzip": ("gzip", body(), 400),
    "two gzip members": ("gzip", gzip.compress(body()) * 2, 400),
    "unknown encoding": ("br", b"\x01\x02", 400),
    "zstd bomb": ("zstd", zstandard.compress(bytes(200_000_000)), 413),
    "zstd bomb without size": (
        "zstd",
        zstandard.ZstdCompressor(write_content_size=False).compress(bytes(200_000_000)),
        413,
    ),
    "gzip bomb": ("gzip", gzip.compress(bytes(50_000_000)), 413),
    "zstd window of 128 MiB": ("zstd", wide_window(), 400),
    "larger than accepted": ("", b" " * 2_000_001, 413),
}


@pytest.mark.parametrize(("encoding", "content", "status"), ENCODED.values(), ids=ENCODED.keys())
def test_a_bad_encoding(
    client: httpx.Client, spool: Spool, encoding: str, content: bytes, status: int
) -> None:
    before = spool.status().entries
    headers = {"Content-Encoding": encoding} if encoding else {}
    answer = client.post(f"/report/{REPORT_ID}", content=content, headers=headers)
    assert answer.status_code == status
    assert answer.json()["error"]
    assert spool.status().entries == before


INCONSISTENT = [
    {"probe_cc": "IT"},
    {"probe_asn": "AS1"},
    {"test_name": "telegram"},
    {"test_name": "Web_connectivity"},
]
METADATA = [
    ({"probe_cc": None}, REPORT_ID, "bad_metadata", "bad_cc"),
    ({"probe_cc": 5}, REPORT_ID, "bad_metadata", "bad_cc"),
    ({"probe_asn": None}, REPORT_ID, "bad_metadata", "asn"),
    ({"test_name": ["x"]}, REPORT_ID, "bad_metadata", "tn_len"),
    ({"probe_cc": "br"}, REPORT_ID, "bad_metadata", "bad_cc"),
    (
        {"test_name": "WEBCONNECTIVITY"},
        REPORT_ID.replace("webconn", "WEBCONN").replace("ectivity", "ECTIVITY"),
        "bad_metadata",
        "tn_no_lower",
    ),
    ({"probe_asn": "28573"}, REPORT_ID, "bad_metadata", "asn_no_as_prefix"),
    ({"probe_asn": "AS028573"}, REPORT_ID.replace("28573", "028573"), "bad_metadata", "asn_leading_zero"),
    ({"probe_asn": "AS00"}, REPORT_ID.replace("28573", "00"), None, None),
]


@pytest.mark.parametrize("changes", INCONSISTENT)
def test_inconsistent(client: httpx.Client, changes: dict[str, Any]) -> None:
    answer = client.post(f"/report/{REPORT_ID}", content=body(**changes))
    assert answer.status_code == 400
    assert answer.json()["detail"] == answer.json()["error"] == "Inconsistent measurement"


@pytest.mark.parametrize(("changes", "report_id", "token", "rule"), METADATA)
def test_bad_metadata(
    client: httpx.Client, changes: dict[str, Any], report_id: str, token: str | None, rule: str | None
) -> None:
    answer = client.post(f"/report/{report_id}", content=body(**changes))
    if token is None:
        assert (answer.status_code, answer.json()) == (200, {})
        return
    assert answer.status_code == 400
    assert answer.json()["error"] == token
    assert rule is not None
    assert rule in answer.json()["detail"]


def test_the_same_again_gets_the_same_uid(client: httpx.Client, spool: Spool) -> None:
    raw = body()
    first = client.post(f"/report/{REPORT_ID}", content=raw).json()
    before = spool.status().entries
    again = client.post(
        f"/report/{REPORT_ID}", content=zstandard.compress(raw), headers={"Content-Encoding": "zstd"}
    )
    assert again.json() == first
    assert spool.status().entries == before
    other = client.post(f"/report/{REPORT_ID[:-1]}b", content=raw).json()
    assert other != first


@pytest.mark.parametrize("content", [b"", b"{}", b"\xff"])
def test_close(client: httpx.Client, content: bytes) -> None:
    answer = client.post("/report/anything-at-all/close", content=content)
    assert (answer.status_code, answer.json()) == (200, {})


@pytest.mark.parametrize("query", ["", "?report_id=x", "?report_id=" + REPORT_ID])
def test_every_report_id_counts_as_found(client: httpx.Client, query: str) -> None:
    answer = client.get("/api/_/check_report_id" + query)
    assert (answer.status_code, answer.json()) == (200, {"v": 0, "found": True})
    assert answer.headers["cache-control"] == "max-age=1"


@pytest.mark.parametrize(("method", "path", "status"), [("GET", "/report", 405), ("GET", "/nothing", 404)])
def test_other_errors_have_the_same_body(client: httpx.Client, method: str, path: str, status: int) -> None:
    answer = client.request(method, path)
    assert answer.status_code == status
    assert answer.json()["error"] == answer.json()["detail"]


COUNTED = {
    "bad_report_id": ("bogus", b"", {}),
    "zstd_fail": (REPORT_ID, b"x", {"Content-Encoding": "zstd"}),
    "gzip_fail": (REPORT_ID, gzip.compress(b"{}")[:-1], {"Content-Encoding": "gzip"}),
    "bad_json": (REPORT_ID, b"{", {}),
    "cc_mismatch": (REPORT_ID, body(probe_cc="IT"), {}),
    "asn_mismatch": (REPORT_ID, body(probe_asn="AS1"), {}),
    "test_name_mismatch": (REPORT_ID, body(test_name="ndt"), {}),
    "bad_metadata": (REPORT_ID, body(probe_asn="28573"), {}),
}


@pytest.mark.parametrize("reason", COUNTED)
def test_refusals_are_counted_by_reason(client: httpx.Client, reason: str) -> None:
    def count() -> float:
        text = client.get("/metrics").text
        wanted = f'measurement_bad_count_total{{reason="{reason}"}} '
        return sum(float(line.removeprefix(wanted)) for line in text.splitlines() if line.startswith(wanted))

    report_id, content, headers = COUNTED[reason]
    before = count()
    assert client.post(f"/report/{report_id}", content=content, headers=headers).status_code == 400
    assert count() == before + 1
