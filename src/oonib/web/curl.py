"""Command lines for the API documentation: each operation as one `curl` that can be pasted into a shell."""

import json
import shlex
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

_REPORT_ID = "20260302T101530Z_telegram_BR_28573_n1_k3ZqWb0TtN7yLoPa"
_UID = "20260302101533.048211_BR_telegram_5d0c91e2a47b3f68"
_MEASUREMENT = {
    "probe_cc": "BR",
    "probe_asn": "AS28573",
    "test_name": "telegram",
    "test_version": "0.3.0",
    "test_start_time": "2026-03-02 10:15:29",
    "measurement_start_time": "2026-03-02 10:15:30",
    "software_name": "curl",
    "software_version": "8.0.0",
    "report_id": _REPORT_ID,
    "test_keys": {"telegram_web_status": "ok", "telegram_tcp_blocking": False},
}
_OPENING = {
    key: _MEASUREMENT[key]
    for key in (
        "probe_cc",
        "probe_asn",
        "test_name",
        "test_version",
        "test_start_time",
        "software_name",
        "software_version",
    )
}
_UNNAMED = {key: value for key, value in _MEASUREMENT.items() if key != "report_id"}

_VALUES = {
    "measurement_uid": _UID,
    "probe_cc": "BR",
    "limit": "5",
    "folder": "2026030210_BR_telegram",
    "name": f"{_UID}.post",
}
"""What a telling example has for a parameter. Optional parameters that are not here stay out of it."""

_BODIES: dict[str, Any] = {
    "/report": {"data_format_version": "0.2.0", "format": "json", **_OPENING},
    "/report/{report_id}": {"format": "json", "content": _MEASUREMENT},
    "/report/{report_id}/close": {},
    "/api/v1/submit_measurement": {"format": "json", "content": json.dumps(_UNNAMED)},
}


def command(
    base_url: str, method: str, path: str, parameters: Sequence[Mapping[str, Any]], *, with_body: bool
) -> str:
    """The command line for an operation."""
    values = {"report_id": _REPORT_ID, **_VALUES}
    filled = path
    query = {}
    for parameter in parameters:
        name = str(parameter["name"])
        if parameter["in"] == "path":
            filled = filled.replace("{" + name + "}", quote(values.get(name, name), safe=""))
        elif parameter["in"] == "query" and (name in _VALUES or parameter.get("required")):
            query[name] = values.get(name, "1")
    url = base_url + filled + (f"?{urlencode(query)}" if query else "")
    words = ["curl", *(() if method == "get" else ("-X", method.upper())), shlex.quote(url)]
    if with_body:
        body = json.dumps(_BODIES.get(path, {}), separators=(",", ":"))
        words += ["\\\n  -H", "'Content-Type: application/json'", "\\\n  -d", shlex.quote(body)]
    return " ".join(words)
