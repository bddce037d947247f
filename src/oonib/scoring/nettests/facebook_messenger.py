"""facebook_messenger (fastpath contract 3.3).

| input | effect |
|---|---|
| each of 13 `…_dns_consistent` / `…_reachable` keys that is exactly false | +0.5, key copied |
| `facebook_tcp_blocking`, `facebook_dns_blocking` exactly true | +0.5 each, key copied |
| ten keys exactly true while `facebook_tcp_blocking` is exactly false | 0, nothing copied: a probe bug |

Anything else in those keys is ignored. One finding alone is 0.5 and no anomaly.
"""

from oonib.scoring.access import Measurement, Scores, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher

_SERVICES = ("b_api", "b_graph", "edge", "external_cdn", "scontent_cdn", "star")
_GOOD_SIGNS = (
    *(f"facebook_{name}_{sign}" for name in _SERVICES for sign in ("dns_consistent", "reachable")),
    "facebook_stun_dns_consistent",
)
_BAD_SIGNS = ("facebook_tcp_blocking", "facebook_dns_blocking")
_TRUE_IN_PROBE_BUG = (
    *(key for key in _GOOD_SIGNS if "_cdn_" not in key),
    "facebook_dns_blocking",
)


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    if keys.get("facebook_tcp_blocking") is False and all(
        keys.get(key) is True for key in _TRUE_IN_PROBE_BUG
    ):
        return base_scores()
    findings = {key: False for key in _GOOD_SIGNS if keys.get(key) is False}
    findings |= {key: True for key in _BAD_SIGNS if keys.get(key) is True}
    return base_scores(0.5 * len(findings)) | findings
