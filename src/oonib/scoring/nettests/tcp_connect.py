"""tcp_connect (fastpath contract 3.12).

| `connection` | effect |
|---|---|
| `success` | 0 |
| generic_timeout_error, connection_refused_error, connect_error, tcp_timed_out_error | general 0.8 |
| anything else, or missing | general 1.0 |

Without an input production loses the measurement.
"""

from oonib.scoring.access import Measurement, Scores, Unscorable, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher

_LIKELY_BLOCKED = (
    "generic_timeout_error",
    "connection_refused_error",
    "connect_error",
    "tcp_timed_out_error",
)


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    if not measurement.get("input"):
        raise Unscorable("input is missing")
    connection = test_keys(measurement).get("connection")
    if connection == "success":
        return base_scores()
    return base_scores(0.8 if connection in _LIKELY_BLOCKED else 1.0)
