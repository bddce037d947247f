"""http_requests, a legacy test (fastpath contract 3.12).

| condition | effect |
|---|---|
| top-level `control_failure` or `experiment_failure` not empty | accuracy 0.0, end |
| `body_length_match` or `headers_match` null or missing | accuracy 0.0, end |
| both true | 0 |
| else | general 1.0 |
| then: fingerprints in responses that did not come over Tor | `fingerprints`, scores of the confirming ones |

The scores of fingerprints are not summed into general, so a measurement can be confirmed without being an
anomaly.
"""

from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, as_object, get_or, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.fingerprints import add_matches
from oonib.scoring.matching import Matcher, UndecodableBase64


def score(measurement: Measurement, matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    same_length, same_headers = keys.get("body_length_match"), keys.get("headers_match")
    failed = measurement.get("control_failure") or measurement.get("experiment_failure")
    if failed or same_length is None or same_headers is None:
        return failed_scores()
    scores = base_scores(0.0 if same_length and same_headers else 1.0)
    requests = as_items(keys.get("requests"), "requests")
    try:
        matches = matcher.match_http(entry for entry in requests if not _over_tor(entry))
    except UndecodableBase64:
        raise Unscorable("a base64 body or header does not decode") from None
    add_matches(scores, matches, get_or(measurement, "probe_cc", ""))
    return scores


def _over_tor(entry: Any) -> bool:
    request = as_object(as_object(entry, "an entry of requests").get("request", {}), "a request")
    return bool(as_object(request.get("tor", {}), "tor").get("is_tor"))
