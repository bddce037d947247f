"""telegram (fastpath contract 3.2).

The probe's own booleans and `telegram_web_failure` are not used. With s the blocking_general score:

| input | effect |
|---|---|
| a request without `request.url` | base, accuracy 0.0, end |
| a request for web.telegram.org, http or https, with slash | its failure is remembered, the last one counts |
| any other request | counted as success where `failure` is null, else as failure |
| `tcp_connect` | s = unreachable / counted, 0.5 where none |
| counted requests | s += failures / counted, 0.5 where none |
| `telegram_web_status` is `blocked` | s += 1 |

Appended: `web_failure`, `accessible_endpoints`, `unreachable_endpoints`, `http_success_cnt`,
`http_failure_cnt`, and `msg` where there is a web failure.
"""

from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, as_object, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher
from oonib.scoring.nettests.endpoints import count_endpoints

_WEB = ("https://web.telegram.org/", "http://web.telegram.org/")


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    succeeded = failed = 0
    web_failure = None
    for entry in as_items(keys.get("requests"), "requests"):
        url, failure = _request(as_object(entry, "an entry of requests"))
        if url is _NO_URL:
            return failed_scores()
        if url in _WEB:
            web_failure = web_failure if failure is None else failure
        elif failure is None:
            succeeded += 1
        else:
            failed += 1
    reachable, unreachable = count_endpoints(keys)
    general = _share(unreachable, reachable) + _share(failed, succeeded)
    scores = base_scores(general + (keys.get("telegram_web_status") == "blocked"))
    scores["web_failure"] = web_failure
    scores["accessible_endpoints"] = reachable
    scores["unreachable_endpoints"] = unreachable
    scores["http_success_cnt"] = succeeded
    scores["http_failure_cnt"] = failed
    if web_failure is not None:
        scores["msg"] = f"failure: {web_failure}"
    return scores


_NO_URL = object()


def _request(entry: Mapping[str, Any]) -> tuple[Any, Any]:
    request = as_object(entry.get("request", {}), "a request")
    if "url" not in request:
        return _NO_URL, None
    if "failure" not in entry:
        raise Unscorable("a request has no failure key")
    return request["url"], entry["failure"]


def _share(bad: int, good: int) -> float:
    return bad / (bad + good) if bad + good else 0.5
