"""signal (fastpath contract 3.9).

| # | condition | effect |
|---|---|---|
| 1 | `failed_operation` or `failure` missing or not empty | accuracy 0.0, go on |
| 2 | `measurement_start_time` missing or null | accuracy 0.0, end |
| 3 | it does not parse, or a version does not | accuracy 0.0, end |
| 4 | test_version is 0.2.4 | accuracy 0.0, end |
| 5 | test_version <= 0.2.3 from 2023-11-07 on | accuracy 0.0, end |
| 6 | test_version < 0.2.2 from 2022-10-19 on | accuracy 0.0, end |
| 7 | engine_version < 3.17.2 from 2023-05-02 on | accuracy 0.0, end |
| 8 | `signal_backend_status` ok / blocked / else | 0 / general 1.0 with `analysis` / accuracy 0.0 |

Rules 4 to 7 are probe versions whose pinned certificates had gone bad. Versions compare by PEP 440, a
missing one is 0.0.0. By rule 1 a blocked measurement that names its failure is anomaly and failure at once.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from packaging.version import InvalidVersion, Version

from oonib.scoring.access import Measurement, Scores, Unscorable, annotations, get_or, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher
from oonib.scoring.times import parse_time

_BROKEN = Version("0.2.4")
_UNTIL_2023 = Version("0.2.3")
_SINCE_2022 = Version("0.2.2")
_GOOD_ENGINE = Version("3.17.2")


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    scores = base_scores()
    if keys.get("failed_operation", True) or keys.get("failure", True):
        scores["accuracy"] = 0.0
    if _outdated(measurement):
        scores["accuracy"] = 0.0
        return scores
    status = keys.get("signal_backend_status")
    if status == "blocked":
        scores["blocking_general"] = 1.0
        scores["analysis"] = {"signal_backend_failure": keys.get("signal_backend_failure")}
    elif status != "ok":
        scores["accuracy"] = 0.0
    return scores


def _outdated(measurement: Measurement) -> bool:
    """Rules 2 to 7."""
    start = parse_time(measurement.get("measurement_start_time"))
    try:
        test = _version(measurement, "test_version")
        engine = _version(annotations(measurement), "engine_version")
    except InvalidVersion:
        return True
    return (
        start is None
        or test == _BROKEN
        or (test <= _UNTIL_2023 and start >= datetime(2023, 11, 7, tzinfo=UTC))
        or (test < _SINCE_2022 and start >= datetime(2022, 10, 19, tzinfo=UTC))
        or (engine < _GOOD_ENGINE and start >= datetime(2023, 5, 2, tzinfo=UTC))
    )


def _version(fields: Mapping[str, Any], name: str) -> Version:
    text = get_or(fields, name, "0.0.0")
    if not isinstance(text, str):
        raise Unscorable(f"{name} is not text")
    try:
        return Version(text)
    except InvalidVersion:
        raise
    except ValueError:
        # Numbers of thousands of digits are refused by the interpreter, not by the version's grammar.
        raise Unscorable(f"{name} has a number that is too long") from None
