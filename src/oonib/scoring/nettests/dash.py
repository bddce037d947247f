"""dash (fastpath contract 3.12).

| `failure` | effect |
|---|---|
| test keys empty | accuracy 0.0 |
| null or missing | 0 |
| a known one, or one containing `ssl_error` | general 0.1, accuracy 0.0 |
| any other text, also empty | msg "Probe error", accuracy 0.0 |
"""

from oonib.scoring.access import Measurement, Scores, Unscorable, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher

_KNOWN = frozenset(
    {
        "broken_pipe",
        "connect_error",
        "connection_aborted",
        "connection_refused",
        "eof_error",
        "generic_timeout_error",
        "http_request_failed",
        "json_parse_error",
        "json_processing_error",
    }
)


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    if not keys:
        return failed_scores()
    failure = keys.get("failure")
    if failure is None:
        return base_scores()
    if not isinstance(failure, str):
        raise Unscorable("failure is not text")
    if failure in _KNOWN or "ssl_error" in failure:
        return base_scores(0.1) | {"accuracy": 0.0}
    return base_scores() | {"msg": "Probe error", "accuracy": 0.0}
