"""stunreachability (fastpath contract 3.12).

| `failure` | effect |
|---|---|
| null, empty or missing | 0 |
| else | general 1.0, `extra.failure` |

`extra.endpoint` always.
"""

from typing import Any

from oonib.scoring.access import Measurement, Scores, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    failure = keys.get("failure")
    extra: dict[str, Any] = {"endpoint": keys.get("endpoint")}
    if failure:
        extra["failure"] = failure
    return base_scores(1.0 if failure else 0.0) | {"extra": extra}
