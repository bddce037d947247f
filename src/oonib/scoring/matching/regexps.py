"""Regular expressions of fingerprints: checked on arrival, searched in linear time under declared semantics.

Python's own engine can take exponential time on a hostile page, so without hyperscan a set that holds
regular expressions is refused rather than searched with it.
"""

import re
from collections.abc import Sequence
from importlib.util import find_spec

from oonib.scoring.matching.literals import LiteralSearch


class BadRegexp(ValueError):
    """A regular expression does not compile, or cannot be searched for on this platform."""


def regexp_search(patterns: Sequence[str]) -> LiteralSearch:
    """A search for `patterns` over UTF-8 bytes. Raises `BadRegexp`."""
    if find_spec("hyperscan") is None:
        raise BadRegexp(
            "regular expressions need hyperscan, which is not installed: use production semantics"
        )
    import hyperscan  # noqa: PLC0415 - no wheel for some platforms

    from oonib.scoring.matching.hyperscan_engine import HyperscanSearch  # noqa: PLC0415 - the same reason

    try:
        return HyperscanSearch.of_regexps([pattern.encode() for pattern in patterns])
    except hyperscan.error as exc:
        raise BadRegexp(str(exc)) from None


def check_regexp(pattern: str) -> None:
    """Raise `BadRegexp` where `pattern` does not compile."""
    try:
        re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as exc:
        raise BadRegexp(str(exc)) from None
    if find_spec("hyperscan") is not None:
        regexp_search([pattern])
