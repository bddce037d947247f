"""openvpn (fastpath contract 3.12).

| `success` | effect |
|---|---|
| exactly false | general 1.0 |
| null or missing | accuracy 0.0 |
| else | 0 |

`extra.test_runtime` always.
"""

from oonib.scoring.access import Measurement, Scores, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    success = test_keys(measurement).get("success")
    scores = failed_scores() if success is None else base_scores(1.0 if success is False else 0.0)
    scores["extra"] = {"test_runtime": measurement.get("test_runtime")}
    return scores
