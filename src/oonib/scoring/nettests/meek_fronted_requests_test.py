"""meek_fronted_requests_test (fastpath contract 3.12).

| condition | effect |
|---|---|
| no requests | general 1.0, accuracy 0 |
| a response null | general 1.0, end |
| a response with another code than 200 | general 1.0, end |
| a response whose header `Server` does not start with `ECAcc ` | general += 0.5 |

Headers are an object, or a list of names with lists of values.
"""

from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, as_object, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher

_FRONT = "ECAcc "


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    requests = as_items(test_keys(measurement).get("requests"), "requests")
    if not requests:
        # The whole number is production's; its text differs from that of 0.0.
        return base_scores(1.0) | {"accuracy": 0}
    scores = base_scores()
    for entry in requests:
        item = as_object(entry, "an entry of requests").get("response")
        if item is None or as_object(item, "a response").get("code", 0) != 200:
            scores["blocking_general"] = 1.0
            return scores
        if not _server(item.get("headers", {})).startswith(_FRONT):
            scores["blocking_general"] += 0.5
    return scores


def _server(headers: Any) -> str:
    try:
        pairs = (
            headers.items() if isinstance(headers, dict) else [(name, values[0]) for name, values in headers]
        )
        server = dict(pairs).get("Server", "")
    except (TypeError, ValueError, LookupError):
        raise Unscorable("headers are neither an object nor a list of pairs") from None
    if not isinstance(server, str):
        raise Unscorable("the header Server is not text")
    return server
