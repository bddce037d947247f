"""http_invalid_request_line (fastpath contract 3.5).

| condition | effect |
|---|---|
| `sent` and `received` both empty or missing | accuracy 0.0 |
| any pair differs, up to the shorter length | general 1.0 |
| else | 0 |

`tampering` of the probe is not used: it is wrong in some versions.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable, test_keys
from oonib.scoring.base import base_scores, failed_scores
from oonib.scoring.matching import Matcher


def score(measurement: Measurement, _matcher: Matcher) -> Scores:
    """Score one measurement."""
    keys = test_keys(measurement)
    sent, received = _lines(keys, "sent"), _lines(keys, "received")
    if not sent and not received:
        return failed_scores()
    changed = any(out != back for out, back in zip(sent, received, strict=False))
    return base_scores(1.0 if changed else 0.0)


def _lines(keys: Mapping[str, Any], name: str) -> Sequence[Any]:
    lines = keys.get(name, [])
    if not isinstance(lines, list | str):
        raise Unscorable(f"{name} is not a list")
    return lines
