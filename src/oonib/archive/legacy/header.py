"""The first frame of a report: what all its entries have in common (fastpath contract 10, "Header")."""

import hashlib
import string
from datetime import UTC, datetime
from typing import Any

from oonib.archive.legacy import yamltext
from oonib.archive.legacy.unfit import Unfit

UNKNOWN_CC = "ZZ"
UNKNOWN_ASN = "AS0"
_ID_LETTERS = 50
_LETTERS = string.ascii_lowercase + string.ascii_uppercase


def read_header(frame: bytes) -> dict[str, Any]:
    """The header with what it lacks filled in. Raises `Unfit`."""
    header = yamltext.load(frame)
    if not isinstance(header, dict):
        raise Unfit("bad_yaml", "the header is not a mapping")
    if isinstance(header.get("probe_city"), bytes):
        header["probe_city"] = header["probe_city"].decode("utf-8", "ignore")
    for key, unknown in (("probe_cc", UNKNOWN_CC), ("probe_asn", UNKNOWN_ASN)):
        if key in header and header[key] is None:
            header[key] = unknown
    if not header.get("report_id"):
        header["report_id"] = _report_id(header)
    return header


def _report_id(header: dict[str, Any]) -> str:
    """A report id made from the header, as the first published ones were."""
    named = (
        header.get("probe_cc", UNKNOWN_CC),
        header.get("probe_asn", UNKNOWN_ASN),
        header.get("test_name", "invalid"),
        header.get("software_version", "0.0.0"),
        header.get("probe_city", "None"),
    )
    text = "".join(str(value) for value in named if value is not None)
    digest = hashlib.sha512(text.encode("utf-8", "surrogatepass")).digest()
    letters = "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:_ID_LETTERS])
    return f"{epoch(header.get('start_time', 0)):%Y%m%dT%H%M%SZ}_{letters}"


def epoch(value: object) -> datetime:
    """Seconds since 1970 as a time in UTC, whole seconds. Raises `Unfit`."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unfit("bad_times", f"not seconds since 1970: {str(value)[:40]!r}")
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError) as exc:
        raise Unfit("bad_times", f"not seconds since 1970: {exc}") from None
