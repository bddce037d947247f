"""The envelope: the JSON object around a measurement that is stored, scored and archived.

`{"format": "json", "content": {…}, …, "is_verified": "u"}`. Owns how one is read and how the mark of
verification gets in without changing a byte of `content` (probe contract 5.4, design section 6). Whether a
measurement is welcome is the collector's business.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from oonib.model import jsonspan, jsontext
from oonib.model.glance import CLAIMS, content_bytes, glance

Verdict = Literal["t", "f", "u"]
"""Verification of the sender's credential: true, false (refused), unverified."""


class BadEnvelope(ValueError):
    """The body is JSON but not an envelope: not an object, or without an object `content`."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """A submission that was read: its bytes, the exact bytes of the measurement in it, and what that claims.

    `claims` holds `probe_cc`, `probe_asn`, `test_name` and `report_id` of the measurement, those that are
    there, whatever their type. `marked`: the sender put in an `is_verified` of its own.
    """

    raw: bytes
    content_bytes: bytes
    claims: Mapping[str, object]
    marked: bool


def read_envelope(raw: bytes) -> Envelope:
    """Read a submission. Raises `jsontext.MalformedJson` or `BadEnvelope`."""
    seen = glance(raw)
    if seen is not None:
        return Envelope(raw, seen.content, seen.claims, "is_verified" in seen.members)
    value = jsontext.loads(raw)
    if not isinstance(value, dict):
        raise BadEnvelope("the body is not a JSON object")
    content = value.get("content")
    if not isinstance(content, dict):
        raise BadEnvelope("the body has no object called content")
    claims = {name: content[name] for name in CLAIMS if name in content}
    return Envelope(raw, content_span(raw), claims, "is_verified" in value)


def content_span(raw: bytes) -> bytes:
    """The exact bytes of the value of `content` in an accepted envelope (the last one of several)."""
    quick = content_bytes(raw)
    if quick is not None:
        return quick
    # The fast decoder is stricter than what is accepted here (lone surrogates): measure by hand.
    found = [member for member in jsonspan.members(raw) if member.key == "content"]
    return raw[found[-1].value_start : found[-1].end]


def with_verdict(envelope: Envelope, verdict: Verdict) -> bytes:
    """The bytes to store: the submission with `"is_verified"` as its last member, all else byte for byte.

    A probe cannot claim verification: members of that name that it sent are taken out first.
    """
    raw = jsonspan.without(envelope.raw, "is_verified") if envelope.marked else envelope.raw
    # An envelope has at least its content, so there is always a member before the comma.
    return raw[: raw.rindex(b"}")].rstrip() + b',"is_verified":"' + verdict.encode() + b'"}'


def build_envelope(content: bytes, verdict: Verdict, *, protocol: object, manifest: object) -> bytes:
    """The envelope of `submit_measurement` (probe contract 6.2, step 5): `content` goes in as it is."""
    parts = (
        b'{"content":',
        content,
        b',"format":"json","protocol_version":',
        _text(protocol),
        b',"manifest_version":',
        _text(manifest),
        b',"is_verified":"',
        verdict.encode(),
        b'"}',
    )
    return b"".join(parts)


def _text(value: object) -> bytes:
    # In ASCII, where half of a surrogate pair that a client sent has a form as well.
    return json.dumps(value).encode("ascii")


def with_report_id(content: bytes, report_id: str) -> bytes:
    """The text of a measurement that has no `report_id`, with `report_id` as its last member."""
    head = content[: content.rindex(b"}")].rstrip()
    comma = b"" if head.endswith(b"{") else b","
    return head + comma + b'"report_id":"' + report_id.encode("ascii") + b'"}'
