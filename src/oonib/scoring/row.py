"""The row of the fastpath table (fastpath contract 4).

Owns the columns, their order and their defaults. The last column is ours: the fingerprint snapshot that the
scores depend on, empty for tests that use none.
"""

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urlsplit

from oonib.scoring.access import Measurement, Scores, Unscorable, annotations, get_or
from oonib.scoring.base import Flags
from oonib.scoring.columns import number, text
from oonib.scoring.identity import Identity
from oonib.scoring.scores_text import scores_text

FASTPATH_COLUMNS = (
    "measurement_uid",
    "report_id",
    "input",
    "probe_cc",
    "probe_asn",
    "test_name",
    "test_start_time",
    "measurement_start_time",
    "scores",
    "platform",
    "anomaly",
    "confirmed",
    "msm_failure",
    "blocking_type",
    "domain",
    "software_name",
    "software_version",
    "test_version",
    "test_runtime",
    "architecture",
    "engine_name",
    "engine_version",
    "test_helper_address",
    "test_helper_type",
    "ooni_run_link_id",
    "is_verified",
    "fingerprints_snapshot",
)

_LARGEST_LINK = 2**64 - 1
_LETTER = {True: "t", False: "f"}


def fastpath_row(
    uid: str,
    measurement: Measurement,
    identity: Identity,
    scores: Scores,
    flags: Flags,
    *,
    is_verified: str,
    snapshot: str,
    mend: bool = False,
) -> tuple[Any, ...]:
    """The row, in the order of `FASTPATH_COLUMNS`; times are aware UTC datetimes.

    Raises `Unscorable` where production cannot build one; with `mend` the offending fields are left empty.
    """
    notes = annotations(measurement)
    input_text, domain = (
        _mended(_input_and_domain, measurement, (_input_as_sent(measurement), ""))
        if mend
        else _input_and_domain(measurement)
    )
    link = _mended(_run_link, notes, None) if mend else _run_link(notes)
    helper = _test_helper(measurement)
    return (
        uid,
        text(identity.report_id),
        input_text,
        text(identity.probe_cc),
        identity.probe_asn,
        text(measurement.get("test_name")),
        identity.test_start_time,
        identity.measurement_start_time,
        scores_text(scores),
        text(get_or(notes, "platform", "unset")),
        _LETTER[flags.anomaly],
        _LETTER[flags.confirmed],
        _LETTER[flags.failure],
        scores.get("analysis", {}).get("blocking_type", ""),
        domain,
        text(measurement.get("software_name")),
        text(measurement.get("software_version")),
        text(measurement.get("test_version")),
        number(measurement.get("test_runtime")),
        text(notes.get("architecture")),
        text(notes.get("engine_name")),
        text(notes.get("engine_version")),
        text(helper.get("address")),
        text(helper.get("type")),
        link,
        is_verified,
        snapshot,
    )


def _mended(read: Callable[[Mapping[str, Any]], Any], fields: Mapping[str, Any], default: Any) -> Any:
    try:
        return read(fields)
    except Unscorable:
        return default


def _input_and_domain(measurement: Measurement) -> tuple[str, str]:
    value = measurement.get("input")
    if not value and not isinstance(value, str):
        return "", ""
    if isinstance(value, list) and measurement.get("test_name") == "meek_fronted_requests_test":
        if not all(isinstance(part, str) for part in value):
            raise Unscorable("input is a list of other things than text")
        return text("{" + ",".join(value) + "}"), text(value[0])
    if not isinstance(value, str):
        raise Unscorable("input is not text")
    return text(value), text(_domain(value))


def _input_as_sent(measurement: Measurement) -> str:
    # A text that is no URL still names the measurement, here and in the archive's index.
    value = measurement.get("input")
    return text(value) if isinstance(value, str) else ""


def _domain(url: str) -> str:
    """The network location as it stands in the URL, with user and port."""
    try:
        return urlsplit(url).netloc
    except ValueError:
        raise Unscorable("input is a malformed URL") from None


def _run_link(notes: Mapping[str, Any]) -> int | None:
    value = notes.get("ooni_run_link_id")
    if isinstance(value, list | dict):
        raise Unscorable("ooni_run_link_id is not a number")
    try:
        link = None if value is None else int(value)
    except ValueError:
        return None
    except OverflowError:
        raise Unscorable("ooni_run_link_id is infinite") from None
    # The column refuses what lies outside; the scores are good all the same.
    return link if link is not None and 0 <= link <= _LARGEST_LINK else None


def _test_helper(measurement: Measurement) -> Mapping[str, Any]:
    helpers = measurement.get("test_helpers")
    backend = helpers.get("backend") if isinstance(helpers, dict) else None
    return backend if isinstance(backend, dict) else {}
