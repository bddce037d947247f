"""Rows as the answers show them: listings, meta, CSV (data contract 1 and 2.1). Pure."""

from collections.abc import Iterable, Iterator
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

import orjson

from oonib.measurements import formats
from oonib.measurements.store import Row
from oonib.measurements.times import with_fraction, without_fraction

_VERIFICATION: dict[str, Literal["verified", "failed"]] = {"t": "verified", "f": "failed"}

CSV_COLUMNS = (
    "measurement_uid",
    "report_id",
    "measurement_start_time",
    "probe_cc",
    "probe_asn",
    "test_name",
    "input",
    "anomaly",
    "confirmed",
    "failure",
    "verification_status",
    "scores",
    "measurement_url",
)


def listed(row: Row, raw_url: str) -> dict[str, Any]:
    """A row of a listing. `raw_url`: where bodies are, up to the uid."""
    return {
        "anomaly": row.anomaly,
        "confirmed": row.confirmed,
        "failure": row.failure,
        "input": row.input or None,
        "measurement_start_time": with_fraction(row.measurement_start_time),
        "measurement_uid": row.measurement_uid,
        "measurement_url": f"{raw_url}?{urlencode({'measurement_uid': row.measurement_uid})}",
        "probe_asn": f"AS{row.probe_asn}",
        "probe_cc": row.probe_cc,
        "report_id": row.report_id,
        "scores": _scores(row.scores),
        "test_name": row.test_name,
        "verification_status": verification_status(row.is_verified),
    }


def meta(row: Row, category_code: str | None) -> dict[str, Any]:
    """The meta of one measurement."""
    started = row.test_start_time or row.measurement_start_time
    return {
        "anomaly": row.anomaly,
        "category_code": category_code,
        "confirmed": row.confirmed,
        "failure": row.failure,
        "input": row.input,
        "measurement_start_time": without_fraction(row.measurement_start_time),
        "measurement_uid": row.measurement_uid,
        "probe_asn": row.probe_asn,
        "probe_cc": row.probe_cc,
        "report_id": row.report_id,
        "scores": row.scores,
        "test_name": row.test_name,
        "test_start_time": without_fraction(started),
        "verification_status": verification_status(row.is_verified),
    }


def verification_status(is_verified: str) -> Literal["verified", "unverified", "failed"]:
    """The word for the mark of an envelope; rows from before there was one are unverified."""
    return _VERIFICATION.get(is_verified, "unverified")


def as_csv(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    """A header and one line per item."""
    return formats.as_csv(CSV_COLUMNS, ([item[column] for column in CSV_COLUMNS] for item in items))


def next_url(base_url: str, path: str, query: str, *, offset: int, limit: int) -> str:
    """The URL of the next page: the request's own parameters in their order, with these two replaced."""
    replaced = {"offset": str(offset), "limit": str(limit)}
    pairs = []
    for name, value in parse_qsl(query, keep_blank_values=True):
        if name not in ("offset", "limit"):
            pairs.append((name, value))
        elif name in replaced:
            pairs.append((name, replaced.pop(name)))
    return f"{base_url}{path}?{urlencode(pairs + list(replaced.items()))}"


def _scores(text: str) -> dict[str, Any]:
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        return {}
    return value if isinstance(value, dict) else {}
