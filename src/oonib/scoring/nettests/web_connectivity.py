"""web_connectivity (fastpath contract 3.1).

The probe's own verdict is taken over; DNS, TCP, TLS and HTTP are not judged again. Fingerprints are looked
for first, then:

| # | rule | effect |
|---|---|---|
| 1 | matches | `fingerprints`, one entry per match |
| 2 | a confirming match | its blocking score 1.0, `confirmed` |
| 3 | `title_match` not true, false or null | accuracy 0.0, end |
| 4a | `blocking` is tcp_ip, dns, http-diff or http-failure | general 1.0, `analysis.blocking_type` |
| 4b | `blocking` equals false | nothing |
| 4c | `blocking` null or missing | accuracy 0.0, unless there are matches |
| 4d | `blocking` is anything else | `analysis.msg`, accuracy 0.0 |
| 5 | an unknown_failure | accuracy 0.0 |
| 6 | always | general += country + global + isp + local |
| 7 | `accessible` present and null, no matches | accuracy 0.0 |

With flags in the order anomaly, confirmed, failure:

| blocking | accessible | no match | national match |
|---|---|---|---|
| false | true/false | 0 fff | 1.0 ttf |
| dns, tcp_ip, http-* | false/true/missing | 1.0 tff | 2.0 ttf |
| dns, … | null | 1.0 tft | 2.0 ttf |
| null | null or missing | 0 fft | 1.0 ttf |
| false | null | 0 fft | 1.0 ttf |
| other | any | 0 fft | 1.0 ttt |

A base64 body or header that does not decode discards all matches and forces accuracy 0.0.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, as_items, test_keys
from oonib.scoring.base import base_scores
from oonib.scoring.fingerprints import Fingerprint, add_matches
from oonib.scoring.matching import Matcher, UndecodableBase64
from oonib.scoring.nettests.probe_failures import has_unknown_failure

_BLOCKING = frozenset({"tcp_ip", "dns", "http-diff", "http-failure"})


def score(measurement: Measurement, matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    if not isinstance(measurement.get("probe_cc"), str):
        raise Unscorable("probe_cc is not text")
    try:
        matches = matcher.match_dns(keys.get("queries"))
        matches += matcher.match_http(as_items(keys.get("requests"), "requests"))
    except UndecodableBase64:
        scores = _verdict(keys, (), "")
        scores["accuracy"] = 0.0
        return scores
    return _verdict(keys, matches, measurement["probe_cc"])


def _verdict(keys: Mapping[str, Any], matches: Sequence[Fingerprint], cc: str) -> Scores:
    scores = base_scores()
    add_matches(scores, matches, cc)
    if keys.get("title_match") not in (True, False, None):
        scores["accuracy"] = 0.0
        return scores
    _apply_blocking(scores, keys.get("blocking"), matched=bool(matches))
    if has_unknown_failure(keys):
        scores["accuracy"] = 0.0
    for place in ("country", "global", "isp", "local"):
        scores["blocking_general"] += scores[f"blocking_{place}"]
    if keys.get("accessible", True) is None and not matches:
        scores["accuracy"] = 0.0
    return scores


def _apply_blocking(scores: Scores, blocking: Any, *, matched: bool) -> None:
    """Rule 4."""
    if isinstance(blocking, str) and blocking in _BLOCKING:
        scores["blocking_general"] = 1.0
        scores["analysis"] = {"blocking_type": blocking}
    elif blocking is None:
        if not matched:
            scores["accuracy"] = 0.0
    elif blocking != False:  # noqa: E712 - the number 0 counts as false, an empty text does not
        scores["analysis"] = {"msg": "Unsupported blocking type"}
        scores["accuracy"] = 0.0
