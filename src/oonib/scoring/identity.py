"""Who measured, where and when: what a row cannot do without (fastpath contract 2, steps 4 to 6; 4; 15)."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from oonib.scoring.access import Measurement
from oonib.scoring.refusal import Discard, Undeliverable
from oonib.scoring.times import fits_table, parse_time

_ASN_RE = re.compile(r"AS(\d{1,10})", re.ASCII | re.IGNORECASE)
_LARGEST_ASN = 2**31 - 1
"""What the Int32 column holds; the numbers above it are all reserved or private."""


@dataclass(frozen=True, slots=True)
class Identity:
    """The indispensable fields, read and checked. `probe_cc` is as sent, empty where it is missing."""

    report_id: str
    probe_cc: str
    probe_asn: int
    test_start_time: datetime
    measurement_start_time: datetime


def identify(measurement: Measurement) -> Identity:
    """Read the indispensable fields. Raises `Discard` by rule, else `Undeliverable`."""
    report_id = measurement.get("report_id")
    if report_id is None:
        raise Discard("no_report_id")
    cc = _text(measurement.get("probe_cc", ""), "probe_cc")
    if cc.upper() == "ZZ":
        raise Discard("cc_zz")
    if "probe_asn" not in measurement:
        raise Undeliverable("no_probe_asn", "probe_asn is missing")
    asn = _text(measurement["probe_asn"], "probe_asn")
    if asn.upper() == "AS0":
        raise Discard("asn_0")
    return Identity(
        _text(report_id, "report_id"),
        cc,
        _asn_number(asn),
        _time(measurement, "test_start_time"),
        _time(measurement, "measurement_start_time"),
    )


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise Undeliverable(f"bad_{name}", f"{name} is not text")
    return value


def _asn_number(asn: str) -> int:
    found = _ASN_RE.fullmatch(asn)
    number = int(found[1]) if found else -1
    if not 0 <= number <= _LARGEST_ASN:
        raise Undeliverable("bad_probe_asn", "probe_asn is not AS and a number of a network")
    return number


def _time(measurement: Measurement, name: str) -> datetime:
    if measurement.get(name) is None:
        raise Undeliverable(f"no_{name}", f"{name} is missing")
    time = parse_time(measurement[name])
    if time is None or not fits_table(time):
        raise Undeliverable(f"bad_{name}", f"{name} is not YYYY-MM-DD HH:MM:SS between 1970 and 2105")
    return time
