"""Scoring: a measurement and a fingerprint snapshot in, scores and table rows out (fastpath contract 2 to 6).

Pure: no input or output, no clock, no state. The same bytes, uid and fingerprints give the same result in
any process, so anybody can recompute what is published.
"""

from oonib.scoring.access import Measurement, Scores, Unscorable
from oonib.scoring.fingerprints import Fingerprint, FingerprintSet, countries_of
from oonib.scoring.matching import BadRegexp, Matcher, Semantics, check_regexp
from oonib.scoring.obs_openvpn import OBS_OPENVPN_COLUMNS
from oonib.scoring.process import DeadLetter, Discarded, Scored, score_body
from oonib.scoring.registry import SCORERS, USES_FINGERPRINTS, score_measurement
from oonib.scoring.row import FASTPATH_COLUMNS

__all__ = [
    "FASTPATH_COLUMNS",
    "OBS_OPENVPN_COLUMNS",
    "SCORERS",
    "USES_FINGERPRINTS",
    "BadRegexp",
    "DeadLetter",
    "Discarded",
    "Fingerprint",
    "FingerprintSet",
    "Matcher",
    "Measurement",
    "Scored",
    "Scores",
    "Semantics",
    "Unscorable",
    "check_regexp",
    "countries_of",
    "score_body",
    "score_measurement",
]
