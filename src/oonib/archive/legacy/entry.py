"""One entry of a report as a measurement of data format 0.2.0 (fastpath contract 10, "Entry")."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from oonib.archive.legacy import dnst, httpt, names
from oonib.archive.legacy.header import UNKNOWN_ASN, UNKNOWN_CC, epoch
from oonib.archive.legacy.unfit import Unfit

_FORMAT = "0.2.0"
_TIME = "%Y-%m-%d %H:%M:%S"
_SCHEMA = (
    "id",
    "input",
    "input_hashes",
    "report_id",
    "report_filename",
    "options",
    "probe_cc",
    "probe_asn",
    "probe_ip",
    "probe_city",
    "backend_version",
    "data_format_version",
    "test_name",
    "test_version",
    "test_start_time",
    "measurement_start_time",
    "test_runtime",
    "test_helpers",
    "software_name",
    "software_version",
    "bucket_date",
    "test_keys",
)
_KNOWN = frozenset(_SCHEMA)


def merge_header(entry: dict[str, Any], header: dict[str, Any]) -> None:
    """Put the header's keys into an entry. They win, but for `test_start_time`.

    Where both have that one, the header loses it for all entries that follow.
    """
    if "test_start_time" in entry and "test_start_time" in header:
        del header["test_start_time"]
    entry.update(header)


def normalise(entry: dict[str, Any], *, made_id: UUID, bucket_date: str, filename: str) -> None:
    """Bring an entry that has its header's keys into today's form, in place. Raises `Unfit`."""
    _merge_report(entry)
    entry["test_name"] = names.nettest(_text_or_none(entry.get("test_name"), "test_name"))
    entry["bucket_date"] = bucket_date
    entry["id"] = entry.get("id") or str(made_id)
    entry["report_filename"] = filename
    for key in _SCHEMA:
        entry.setdefault(key, None)
    entry["probe_cc"] = UNKNOWN_CC if entry["probe_cc"] is None else entry["probe_cc"]
    entry["probe_asn"] = UNKNOWN_ASN if entry["probe_asn"] is None else entry["probe_asn"]
    if entry["data_format_version"] == _FORMAT:
        if entry["test_keys"] is None:
            _nest(entry)
        return
    _set_times(entry)
    entry["data_format_version"] = _FORMAT
    if isinstance(entry["options"], dict):
        entry["options"] = entry["options"].get("subargs", [])
    _nest(entry)
    _by_nettest(entry)
    _decode_bodies(entry["test_keys"])


def make_id(header_frame: bytes, entry_frame: bytes) -> UUID:
    """The id of an entry that has none: the same in every run."""
    return UUID(bytes=hashlib.sha1(header_frame + entry_frame, usedforsecurity=False).digest()[:16])


def _merge_report(entry: dict[str, Any]) -> None:
    report = entry.get("report")
    if isinstance(report, dict):
        del entry["report"]
        entry.update(report)


def _text_or_none(value: object, name: str) -> str | None:
    if value is None or isinstance(value, str):
        return value
    raise Unfit("bad_entry", f"{name} is not text")


def _set_times(entry: dict[str, Any]) -> None:
    started = epoch(entry.pop("start_time", 0))
    given = entry.pop("test_start_time", None)
    measured = started
    if isinstance(given, float):
        # Probes of that time wrote the start of the measurement under this name.
        measured = epoch(given)
    elif isinstance(given, str):
        started = _read_time(given)
        measured = _read_time(entry["measurement_start_time"])
    elif given is not None:
        raise Unfit("bad_times", "test_start_time is neither text nor a number with a fraction")
    entry["test_start_time"] = _show_time(started)
    entry["measurement_start_time"] = _show_time(measured)


def _read_time(text: object) -> datetime:
    try:
        return datetime.strptime(str(text), _TIME)  # noqa: DTZ007 - UTC by contract, and shown as it came
    except ValueError:
        raise Unfit("bad_times", f"not a time: {str(text)[:40]!r}") from None


def _show_time(time: datetime) -> str:
    return time.replace(microsecond=0, tzinfo=None).isoformat(" ")


def _nest(entry: dict[str, Any]) -> None:
    """Everything that a measurement of today does not have at its top goes into `test_keys`."""
    given = entry["test_keys"]
    if not isinstance(given, dict | None):
        raise Unfit("bad_entry", "test_keys is not a mapping")
    # Never the mapping itself: it may be the header's, or stand in several places of the document.
    keys = entry["test_keys"] = dict(given or {})
    for key in [key for key in entry if key not in _KNOWN]:
        keys[key] = entry.pop(key)


def _by_nettest(entry: dict[str, Any]) -> None:
    name = entry["test_name"]
    if name in names.UNSUPPORTED:
        raise Unfit("unsupported_test", name)
    keys = entry["test_keys"]
    if name in names.HTTP:
        httpt.normalise(entry)
    if name in names.DNS:
        dnst.normalise(keys, consistency=name == "dns_consistency")
    if name == "website_probe":
        httpt.list_headers_diff(keys)
    if name == "http_invalid_request_line" and isinstance(keys.get("received"), list):
        keys["received"] = [_text(sent) for sent in keys["received"]]


def _text(value: Any) -> Any:
    return value.decode("utf-8", "ignore") if isinstance(value, bytes) else value


def _decode_bodies(keys: dict[str, Any]) -> None:
    """Bodies that are still bytes become text. Stops at the first request without one. Raises `Unfit`."""
    for request in _list(keys.get("requests")):
        response = request.get("response") if isinstance(request, dict) else None
        if not isinstance(response, dict) or "body" not in response:
            return
        if isinstance(response["body"], bytes):
            try:
                response["body"] = response["body"].decode("utf-8")
            except UnicodeDecodeError as exc:
                raise Unfit("bad_body", f"a body that is not UTF-8: {exc.reason}") from None


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []
