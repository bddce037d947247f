"""http_header_field_manipulation (fastpath contract 3.4).

The probe sends headers in odd case to a helper, whose answer lists the headers that arrived. Only the first
request is looked at:

| condition | effect |
|---|---|
| no requests | accuracy 0.0 |
| `response` null | accuracy 0.0 |
| no response, or body missing or null | `total_tampering`, general 1.0, msg "Empty body" |
| body not JSON, or without `headers_dict` | general 1.0, msg "Malformed ctrl_headers" |
| the same headers arrived as were sent, but for `Connection: close` | 0 |
| other headers arrived | general 1.1, msg counting the differences (a changed header counts 2) |

Case matters. `failure` and `tampering` of the probe are not used.
"""

import json
from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, as_object, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher

_ADDED_ON_THE_WAY = ("Connection", "close")

_LONGEST_ANSWER = 4 * 1024 * 1024
"""Characters. The helper echoes some kilobytes; parsed, a text takes up to fifty times its size."""

Headers = set[tuple[str, Any]]


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    requests = as_items(test_keys(measurement).get("requests"), "requests")
    if not requests:
        return failed_scores()
    first = as_object(requests[0], "the first request")
    response = first.get("response", {})
    if response is None:
        return failed_scores()
    body = as_object(response, "the response").get("body")
    if body is None:
        return base_scores(1.0) | {"total_tampering": True, "msg": "Empty body"}
    arrived = _control_headers(body)
    if arrived is None:
        return base_scores(1.0) | {"msg": "Malformed ctrl_headers"}
    changes = (_sent(first) ^ arrived) - {_ADDED_ON_THE_WAY}
    if not changes:
        return base_scores()
    return base_scores(1.1) | {"msg": f"{len(changes)} unexpected header change"}


def _control_headers(body: Any) -> Headers | None:
    """The headers that the helper saw; None where the body does not say."""
    if isinstance(body, str) and len(body) > _LONGEST_ANSWER:
        return None
    try:
        headers = json.loads(body)["headers_dict"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return {(name, _first(values)) for name, values in as_object(headers, "headers_dict").items()}


def _first(values: Any) -> Any:
    if not isinstance(values, list | str) or not values:
        raise Unscorable("a header of headers_dict has no value")
    return _comparable(values[0])


def _sent(entry: Mapping[str, Any]) -> Headers:
    request = as_object(entry.get("request", {}), "the request")
    headers = as_object(request.get("headers", {}), "the request headers")
    return {(name, _comparable(value)) for name, value in headers.items()}


def _comparable(value: Any) -> Any:
    if isinstance(value, list | dict):
        raise Unscorable("a header value is not text")
    return value
