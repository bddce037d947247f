"""whatsapp (fastpath contract 3.6).

The probe's own statuses are not used. The first row that ends decides:

| # | condition | effect |
|---|---|---|
| 1 | an unknown_failure | accuracy 0.0, go on |
| 2 | `whatsapp_web_failure` contains `unknown_failure 'ascii' co` | accuracy 0.0, end |
| 3 | no requests | accuracy 0.0, end |
| 4 | https://web.whatsapp.com/ or https://v.whatsapp.net/v2/register never requested | accuracy 0.0, end |
| 5 | either failed | general 1.0, end |
| 6 | no endpoint counted / one reachable / none reachable | accuracy 0.0 / 0 / general 1.0 |

After 6 `analysis` tells what was accessible. Where a request appears twice the last one counts. For the web
page a missing `failure` counts as failed, for the registration server as success.
"""

from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, as_object, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher
from oonib.scoring.nettests.endpoints import count_endpoints
from oonib.scoring.nettests.probe_failures import has_unknown_failure

_WEB = "https://web.whatsapp.com/"
_REGISTRATION = "https://v.whatsapp.net/v2/register"
_PROBE_BUG = "unknown_failure 'ascii' co"


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    scores = base_scores()
    if has_unknown_failure(keys):
        scores["accuracy"] = 0.0
    requests = as_items(keys.get("requests"), "requests")
    if not requests or _PROBE_BUG in str(keys.get("whatsapp_web_failure")):
        if not measurement.get("report_id"):
            raise Unscorable("report_id is empty")
        scores["accuracy"] = 0.0
        return scores
    web, registration = _services(requests)
    if web is None or registration is None:
        scores["accuracy"] = 0.0
    elif not (web and registration):
        scores["blocking_general"] = 1.0
    else:
        _add_endpoints(scores, keys)
    return scores


def _services(requests: list[Any]) -> tuple[bool | None, bool | None]:
    """Whether the web page and the registration server could be reached; None where it was not tried."""
    web = registration = None
    for item in requests:
        entry = as_object(item, "an entry of requests")
        url = as_object(entry.get("request", {}), "a request").get("url")
        if url == _WEB:
            web = entry.get("failure", True) in (None, "", False)
        elif url == _REGISTRATION:
            registration = entry.get("failure") is None
    return web, registration


def _add_endpoints(scores: Scores, keys: Mapping[str, Any]) -> None:
    reachable, unreachable = count_endpoints(keys)
    if reachable + unreachable == 0:
        scores["accuracy"] = 0.0
    elif reachable == 0:
        scores["blocking_general"] = 1.0
    scores["analysis"] = {
        "registration_server_accessible": True,
        "whatsapp_web_accessible": True,
        "whatsapp_endpoints_accessible": reachable > 0,
    }
