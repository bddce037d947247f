"""psiphon (fastpath contract 3.10).

| condition | effect |
|---|---|
| no failure, `bootstrap_time` 0 or missing | accuracy 0.0 |
| no failure, else | accuracy 1.0 |
| a failure, also an empty one | accuracy 1.0, general 1.0 |
| then: no top-level key `resolver_ip` | accuracy 0.0 |

Then `extra` with both run times.
"""

from oonib.scoring.access import Measurement, Scores, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    bootstrap_time = keys.get("bootstrap_time", 0)
    failed = keys.get("failure") is not None
    scores = base_scores(1.0 if failed else 0.0)
    idle = not failed and bootstrap_time == 0
    scores["accuracy"] = 0.0 if idle or "resolver_ip" not in measurement else 1.0
    scores["extra"] = {"test_runtime": measurement.get("test_runtime"), "bootstrap_time": bootstrap_time}
    return scores
