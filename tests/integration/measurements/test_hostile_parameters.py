"""No value of any parameter changes a query or breaks one (reliability S8, S9)."""

from typing import Any

import pytest

from oonib.measurements.aggregation.schema import AggregationParameters
from oonib.measurements.schema import MetaParameters, OneParameters, SearchParameters

PAYLOADS = [
    "'",
    '"',
    "\\",
    "\\'",
    "')) UNION ALL SELECT 1,2,3 -- ",
    "1; DROP TABLE fastpath",
    "{x:String}",
    "{p0:String}",
    "%(a)s",
    "%s%n",
    "${jndi:x}",
    "*/ 1=1 /*",
    "\0",
    "abc\0",
    "../../etc/passwd",
    "%2e%2e%2f",
    "..%5c",
    "_" * 7,
    "٣٤٥",
    "IT\u202e",
    "con.txt",
    "\r\nSet-Cookie: a=b",
    "a" * 4096,
    "a," * 2000,
    "'" * 15_000,
    "\\" * 15_000,
    "a" * 60_000,
    "\U0001f600" * 500,
    "1e308",
    "-1",
    "18446744073709551616",
    "NULL",
    "\\N",
    "[]",
]
PLACES = {
    "/api/v1/measurements": SearchParameters,
    "/api/v1/aggregation": AggregationParameters,
    "/api/v1/measurement_meta": MetaParameters,
    "/api/v1/raw_measurement": OneParameters,
}
CASES = [(path, name) for path, model in PLACES.items() for name in model.model_fields]


@pytest.fixture
def filled(backend: Any) -> Any:
    backend.insert(*({"measurement_uid": f"u{n}"} for n in range(3)))
    return backend


def test_every_parameter_and_every_payload(filled: Any) -> None:
    send(filled, step=6)


@pytest.mark.slow
def test_every_payload_in_every_parameter(filled: Any) -> None:
    send(filled, step=1)


def send(filled: Any, step: int) -> None:
    """Each parameter with every `step`-th payload."""
    for number, (path, name) in enumerate(CASES):
        for payload in PAYLOADS[number % step :: step]:
            answer = filled.client.get(path, params={name: payload, "limit": 5} | {name: payload})
            where = (path, name, payload[:40], answer.text[:200])
            assert answer.status_code in (200, 400, 403, 404, 422), where
            assert "set-cookie" not in answer.headers, where
            if answer.status_code != 200:
                assert set(answer.json()) >= {"error", "detail"}, where
                assert "DB::Exception" not in answer.text, where
            elif path.endswith("s") and name in ("domain", "test_name", "software_version", "report_id"):
                assert answer.json()["results"] == [], where
    assert len(filled.uids()) == 3


def test_what_looks_like_a_query_is_counted_as_text(backend: Any) -> None:
    texts = [text for text in PAYLOADS if "\0" not in text and "," not in text and 3 <= len(text) <= 200]
    texts = [text for text in texts if text == text.strip()]
    backend.insert(*({"measurement_uid": f"u{n}", "domain": text} for n, text in enumerate(texts)))
    for text in texts:
        answer = backend.client.get("/api/v1/aggregation", params={"domain": text, "axis_x": "domain"})
        assert [(one["domain"], one["measurement_count"]) for one in answer.json()["result"]] == [(text, 1)]


@pytest.mark.parametrize("payload", ["'" * 16_000, "\\" * 16_000, ",".join(["'\\é"] * 1000)])
def test_values_that_grow_on_the_way_to_the_database_arrive(nothing: Any, payload: str) -> None:
    for path in ("measurements", "aggregation"):
        answer = nothing.client.get(f"/api/v1/{path}", params={"domain": payload})
        assert answer.status_code == 200, answer.text[:200]
