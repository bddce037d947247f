"""browser_web (fastpath contract 3.12).

| `result` | effect |
|---|---|
| ok | 0 |
| error | general 1.0 |
| else | accuracy 0.0 |

`extra` always names the browser and the load time.
"""

from oonib.scoring.access import Measurement, Scores, get_or, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    result = keys.get("result")
    known = result in ("ok", "error")
    scores = base_scores(1.0 if result == "error" else 0.0) if known else failed_scores()
    scores["extra"] = {
        "browser_name": get_or(keys, "browser_name", ""),
        "load_time_ms": get_or(keys, "load_time_ms", 0),
    }
    return scores
