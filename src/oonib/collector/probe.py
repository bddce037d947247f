"""The sending side: what `oonib submit` does, the way a probe does it (open, submit, close).

Used by people and by tests against a running backend; the backend itself never calls it.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Self

import httpx
import zstandard

from oonib.model import jsonspan, jsontext
from oonib.model.envelope import content_span, with_report_id
from oonib.model.reportid import BadReportId, parse_report_id

_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Sent:
    """The answer to one measurement. `report_id` is the one in the measurement, by which it is found.

    `uid` is None where the backend kept nothing.
    """

    report_id: str
    uid: str | None
    status: int
    answer: str


def measurements_in(path: Path) -> Iterator[bytes]:
    """The measurements of a file: one JSON object (bare or in an envelope), or one on each line (`.jsonl`).

    Raises `jsontext.MalformedJson`, `OSError`.
    """
    raw = path.read_bytes()
    texts = raw.splitlines() if path.suffix == ".jsonl" else [raw]
    for text in texts:
        if not text.strip():
            continue
        value = jsontext.loads(text)
        if not isinstance(value, dict):
            raise jsontext.MalformedJson("not a JSON object")
        wrapped = "format" in value and isinstance(value.get("content"), dict)
        yield content_span(text) if wrapped else text


class Probe:
    """Sends measurements to one backend. Raises `httpx.HTTPError` when it cannot be reached."""

    def __init__(self, url: str, *, compress: bool = False) -> None:
        self._client = httpx.Client(base_url=url, timeout=_SECONDS)
        self._compress = compress

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def send(self, content: bytes) -> Sent:
        """Send one measurement, byte for byte: in its own report, else in a new one that is closed after.

        Only a measurement without a report id of its own gets one, the new report's.
        """
        value: Any = jsontext.loads(content)
        own = value.get("report_id")
        if isinstance(own, str) and _well_formed(own):
            return self._submit(own, content)
        report_id = self._open(value)
        if not isinstance(own, str) or not own:
            bare = jsonspan.without(content, "report_id") if "report_id" in value else content
            content, own = with_report_id(bare, report_id), report_id
        sent = self._submit(report_id, content)
        self._client.post(f"/report/{report_id}/close", json={}).raise_for_status()
        return replace(sent, report_id=own)

    def _open(self, value: Mapping[str, Any]) -> str:
        claim = {
            "data_format_version": "0.2.0",
            "format": "json",
            **{
                key: value.get(key)
                for key in (
                    "probe_asn",
                    "probe_cc",
                    "software_name",
                    "software_version",
                    "test_name",
                    "test_start_time",
                    "test_version",
                )
            },
        }
        answer = self._client.post("/report", json=claim)
        answer.raise_for_status()
        report_id: str = answer.json()["report_id"]
        return report_id

    def _submit(self, report_id: str, content: bytes) -> Sent:
        body = b'{"format":"json","content":' + content + b"}"
        headers = {"Content-Type": "application/json"}
        if self._compress:
            body = zstandard.compress(body)
            headers["Content-Encoding"] = "zstd"
        answer = self._client.post(f"/report/{report_id}", content=body, headers=headers)
        uid = answer.json().get("measurement_uid") if answer.status_code == httpx.codes.OK else None
        return Sent(report_id, uid, answer.status_code, answer.text[:500])


def _well_formed(report_id: str) -> bool:
    try:
        parse_report_id(report_id)
    except BadReportId:
        return False
    return True
