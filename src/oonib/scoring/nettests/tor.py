"""tor (fastpath contract 3.8).

| condition | effect |
|---|---|
| `targets` missing, null, empty or a list | accuracy 0.0 |
| a target without the key `failure` or `network_events` | accuracy 0.0, end |
| target `failure` false / null / text | not run / success / blocked |
| some targets ran | general blocked / (blocked + success) |
| none ran | accuracy 0.0 |

Then `extra.test_runtime`. Half of the targets blocked is 0.5 and no anomaly.
"""

from oonib.scoring.access import Measurement, Scores, Unscorable, as_object, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    targets = test_keys(measurement).get("targets")
    if not targets or isinstance(targets, list):
        return failed_scores()
    blocked = succeeded = 0
    for item in as_object(targets, "targets").values():
        # Text and lists have no such keys either.
        target = {} if isinstance(item, str | list) else as_object(item, "a target")
        if "failure" not in target or "network_events" not in target:
            return failed_scores()
        failure = target["failure"]
        if failure is None:
            succeeded += 1
        elif failure:
            blocked += 1
        elif failure is not False:
            raise Unscorable("a target has an empty failure")
    ran = blocked + succeeded
    scores = base_scores(blocked / ran) if ran else failed_scores()
    scores["extra"] = {"test_runtime": measurement.get("test_runtime")}
    return scores
