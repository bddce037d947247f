"""vanilla_tor (fastpath contract 3.7).

| condition | effect |
|---|---|
| no logs: neither `tor_logs` nor `tor_log` | accuracy 0.0 |
| the logs contain that bootstrapping is done | 0 |
| else, with `tor_progress` between 0 and 100 | general 1 - progress * 0.004, but 0 at 100 |

In a text the line is searched as a substring, in a list it must equal an element. `success`, `error` and
`timeout` of the probe are not used.
"""

from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher

_DONE = ("Bootstrapped 100%: Done", "Bootstrapped 100% (done): Done")


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    logs = keys.get("tor_logs") or keys.get("tor_log")
    if logs is None:
        return failed_scores()
    if not isinstance(logs, str | list | dict):
        raise Unscorable("the tor log is neither text nor a list")
    if any(line in logs for line in _DONE):
        return base_scores()
    progress = _progress(keys.get("tor_progress", 0))
    return base_scores() if progress == 100.0 else base_scores(1.0 - progress * 0.004)


def _progress(value: Any) -> float:
    try:
        return min(max(float(value), 0.0), 100.0)
    except (TypeError, ValueError, OverflowError):
        raise Unscorable("tor_progress is not a number") from None
