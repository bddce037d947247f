"""What a fingerprint is, and when a match of one confirms blocking (fastpath contract 6.1, 6.3).

Values only: where fingerprints come from is the business of `oonib.reference`, how texts are searched for
them that of `oonib.scoring.matching`.
"""

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import astuple, dataclass
from typing import Any, Self

from oonib.scoring.access import Scores

_CONFIRMING_SCOPES = frozenset({"isp", "nat"})
_MOST_ENTRIES = 1000
"""Matches that are listed: a real measurement has a handful, a made-up one may repeat one for megabytes."""

_LOCALITY = {"inst": "local", "isp": "isp", "nat": "country"}


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """One row of the fingerprint tables, reduced to what scoring needs.

    `expected_countries` is upper case, without ZZ and sorted: see `countries_of`.
    """

    name: str
    scope: str
    location_found: str
    pattern_type: str
    pattern: str
    confidence_no_fp: int
    expected_countries: tuple[str, ...]

    def entry(self) -> dict[str, Any]:
        """What the scores object says of a match."""
        return {
            "name": self.name,
            "scope": self.scope,
            "location_found": self.location_found,
            "confidence_no_fp": self.confidence_no_fp,
            "expected_countries": list(self.expected_countries),
        }

    def confirms(self, cc: str) -> bool:
        """Whether a match seen from country `cc` confirms blocking (fastpath contract 6.3).

        An expected country confirms whatever the scope, a national or operator scope whatever the country.
        """
        return self.scope in _CONFIRMING_SCOPES or (
            cc.upper() in self.expected_countries and cc.upper() != "ZZ"
        )

    @property
    def score_key(self) -> str:
        """The score that a confirming match sets."""
        return f"blocking_{_LOCALITY.get(self.scope, 'general')}"


@dataclass(frozen=True, slots=True)
class FingerprintSet:
    """All fingerprints of one snapshot, ordered by name; small and picklable.

    Build it with `of`: matches are reported in this order and the snapshot id depends on the content alone,
    so a set read from a table equals the set read from the files that filled it.
    """

    dns: tuple[Fingerprint, ...]
    http: tuple[Fingerprint, ...]
    snapshot_id: str

    @classmethod
    def of(cls, dns: Iterable[Fingerprint], http: Iterable[Fingerprint]) -> Self:
        """A set in canonical order with its snapshot id."""
        dns_rows, http_rows = (tuple(sorted(rows, key=astuple)) for rows in (dns, http))
        text = json.dumps([[astuple(row) for row in rows] for rows in (dns_rows, http_rows)])
        return cls(dns_rows, http_rows, hashlib.sha256(text.encode("ascii")).hexdigest()[:16])


def countries_of(text: str) -> tuple[str, ...]:
    """Read an `expected_countries` cell: upper case, no blanks, no ZZ, sorted (fastpath contract 6.1)."""
    codes = (part.strip().upper() for part in text.split(","))
    return tuple(sorted(code for code in codes if code and code != "ZZ"))


def add_matches(scores: Scores, matches: Sequence[Fingerprint], cc: str) -> None:
    """Write matches into the scores: an entry each, up to 1000, and the score of every confirming one."""
    if not matches:
        return
    scores["fingerprints"] = [match.entry() for match in matches[:_MOST_ENTRIES]]
    for match in dict.fromkeys(matches):
        if match.confirms(cc):
            scores[match.score_key] = 1.0
            scores["confirmed"] = True
