"""The rules that a measurement's own metadata must meet (probe contract 5.2 check 8, and 5.3)."""

import re
from collections.abc import Mapping
from typing import Any

from oonib.collector.refusing import Counted, Refused
from oonib.model.reportid import ReportId

_CC_RE = re.compile(r"[A-Z]{2}", re.ASCII)
_DIGITS_RE = re.compile(r"[0-9]+", re.ASCII)


def check_consistency(report_id: ReportId, content: Mapping[str, Any]) -> None:
    """Country, network and nettest of the report id are those of the measurement, else `Refused`."""
    cc, asn, test = _texts(content)
    compared: tuple[tuple[Counted, str, str], ...] = (
        ("cc_mismatch", report_id.cc.upper(), cc.upper()),
        ("asn_mismatch", report_id.asn, asn.lstrip("AS")),
        ("test_name_mismatch", report_id.test, test.replace("_", "")),
    )
    for counted, named, measured in compared:
        if named != measured:
            raise Refused("Inconsistent measurement", counted)


def check_metadata(content: Mapping[str, Any]) -> None:
    """The rules of 5.3 in their order, else `Refused` with the contract's token."""
    cc, asn, test = _texts(content)
    found = _broken_rules(cc, asn, test)
    if found:
        raise Refused(f"Errors: [{', '.join(found)}]", "bad_metadata", token="bad_metadata")
    number = asn[2:]
    if not _DIGITS_RE.fullmatch(number):
        raise Refused("probe_asn is not a number", "asn_invalid", token="asn_invalid")
    if int(number) == 0:
        raise Refused("probe_asn is AS0: the network is unknown", "asn_0", token="asn_0")
    if cc == "ZZ":
        raise Refused("probe_cc is ZZ: the country is unknown", "cc_zz", token="cc_zz")


def _texts(content: Mapping[str, Any]) -> tuple[str, str, str]:
    values = [content.get(key) for key in ("probe_cc", "probe_asn", "test_name")]
    tokens = [
        token
        for token, value in zip(("bad_cc", "asn_no_as_prefix", "tn_len"), values, strict=True)
        if not isinstance(value, str)
    ]
    if tokens:
        raise Refused(f"Errors: [{', '.join(tokens)}]", "bad_metadata", token="bad_metadata")
    cc, asn, test = map(str, values)
    return cc, asn, test


def _broken_rules(cc: str, asn: str, test: str) -> list[str]:
    rules = (
        ("bad_cc", _CC_RE.fullmatch(cc) is None),
        ("tn_len", not 2 <= len(test) <= 30),
        ("tn_no_lower", not test.islower()),
        ("asn_len", not 3 <= len(asn) <= 12),
        ("asn_no_as_prefix", not asn.startswith("AS")),
        ("asn_leading_zero", len(asn) > 3 and asn.startswith("AS0")),
    )
    return [token for token, broken in rules if broken]
