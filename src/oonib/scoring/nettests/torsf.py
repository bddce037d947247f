"""torsf (fastpath contract 3.11).

| condition | effect |
|---|---|
| ooniprobe-android 3.8.3 | accuracy 0.0, end: that version is broken |
| `failure` not empty | general 1.0, end |
| else | 0, `extra` with both run times |
"""

from oonib.scoring.access import Measurement, Scores, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.columns import text
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    android = text(measurement.get("software_name")).startswith("ooniprobe-android")
    if android and measurement.get("software_version") == "3.8.3":
        return failed_scores()
    if keys.get("failure"):
        return base_scores(1.0)
    scores = base_scores()
    scores["extra"] = {
        "bootstrap_time": keys.get("bootstrap_time"),
        "test_runtime": measurement.get("test_runtime"),
    }
    return scores
