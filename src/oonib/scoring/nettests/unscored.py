"""Tests that get a row but no judgement (fastpath contract 3.12).

| test | effect |
|---|---|
| ndt, riseupvpn | an empty object |
| dns_consistency | base |
"""

from oonib.scoring.access import Measurement, Scores
from oonib.scoring.base import base_scores
from oonib.scoring.matching import Matcher


def score_nothing(_measurement: Measurement, _matcher: Matcher) -> Scores:
    """ndt and riseupvpn: not even base scores."""
    return {}


def score_dns_consistency(_measurement: Measurement, _matcher: Matcher) -> Scores:
    """dns_consistency: always base scores."""
    return base_scores()
