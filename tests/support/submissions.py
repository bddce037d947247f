"""Small acceptable measurements, each different from the one before."""

import itertools
import json
import re
from typing import Any

REPORT_ID = "20260302T101530Z_webconnectivity_BR_28573_n1_k3ZqWb0TtN7yLoPa"
UID = re.compile(r"^\d{14}\.\d{6}_[A-Z]{2}_[a-z0-9]+_[0-9a-f]{16}$")
_numbers = itertools.count()


def measurement(**changes: Any) -> dict[str, Any]:
    base = {
        "probe_cc": "BR",
        "probe_asn": "AS28573",
        "test_name": "web_connectivity",
        "report_id": REPORT_ID,
        "measurement_start_time": "2026-03-02 10:15:30",
        "n": next(_numbers),
    }
    return {**base, **changes}


def body(**changes: Any) -> bytes:
    return json.dumps({"format": "json", "content": measurement(**changes)}).encode()
