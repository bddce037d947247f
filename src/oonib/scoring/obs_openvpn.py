"""The row of the obs_openvpn table (fastpath contract 5), which openvpn measurements get besides their own.

Two columns are mended: `anomaly` follows the scores and `platform` is read from the annotations; production
looks for both where probes never put them.
"""

import re
from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import Measurement, annotations, get_or, test_keys
from oonib.scoring.base import Flags
from oonib.scoring.columns import number, text
from oonib.scoring.identity import Identity

OBS_OPENVPN_COLUMNS = (
    "anomaly",
    "bootstrap_time",
    "confirmed",
    "failure",
    "input",
    "last_handshake_transaction_id",
    "measurement_start_time",
    "measurement_uid",
    "minivpn_version",
    "obfs4_version",
    "obfuscation",
    "platform",
    "probe_asn",
    "probe_cc",
    "probe_network_name",
    "provider",
    "remote",
    "report_id",
    "resolver_asn",
    "resolver_ip",
    "resolver_network_name",
    "software_name",
    "software_version",
    "success",
    "success_handshake",
    "success_icmp",
    "success_urlgrab",
    "test_runtime",
    "test_start_time",
    "transport",
)

_ASN_RE = re.compile(r"(?:AS)?(\d{1,10})", re.ASCII)
_LARGEST_INT32 = 2**31 - 1


def obs_openvpn_row(
    uid: str, measurement: Measurement, identity: Identity, input_text: str, flags: Flags
) -> tuple[Any, ...]:
    """The row, in the order of `OBS_OPENVPN_COLUMNS`; flags are 0 or 1, times aware UTC datetimes."""
    keys = test_keys(measurement)
    values: dict[str, Any] = {
        "anomaly": int(flags.anomaly),
        "bootstrap_time": number(keys.get("bootstrap_time")),
        "confirmed": 0,
        "input": input_text,
        "last_handshake_transaction_id": _last_transaction(keys),
        "measurement_start_time": identity.measurement_start_time,
        "measurement_uid": uid,
        "platform": text(get_or(annotations(measurement), "platform", "")),
        "probe_asn": identity.probe_asn,
        "probe_cc": text(identity.probe_cc),
        "report_id": text(identity.report_id),
        "resolver_asn": _resolver_asn(measurement.get("resolver_asn")),
        "test_runtime": number(measurement.get("test_runtime")),
        "test_start_time": identity.test_start_time,
    }
    for name in (
        "failure",
        "minivpn_version",
        "obfs4_version",
        "obfuscation",
        "provider",
        "remote",
        "transport",
    ):
        values[name] = text(keys.get(name))
    for name in ("success", "success_handshake", "success_icmp", "success_urlgrab"):
        values[name] = int(bool(keys.get(name)))
    for name in (
        "probe_network_name",
        "resolver_ip",
        "resolver_network_name",
        "software_name",
        "software_version",
    ):
        values[name] = text(measurement.get(name))
    return tuple(values[column] for column in OBS_OPENVPN_COLUMNS)


def _last_transaction(keys: Mapping[str, Any]) -> int:
    """Greatest transaction id of the network events, 0 on any problem."""
    try:
        last = max(event["transaction_id"] for event in keys["network_events"])
    except (KeyError, TypeError, ValueError):
        return 0
    # `int` because true is a number here, as it is for production.
    return int(last) if isinstance(last, int) and abs(last) <= _LARGEST_INT32 else 0


def _resolver_asn(value: Any) -> int:
    found = _ASN_RE.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found and int(found[1]) <= _LARGEST_INT32 else 0
