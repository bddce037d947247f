"""Matching the answers and responses of a measurement against all fingerprints (fastpath contract 6.2).

Two semantics. *production* is what OONI's scorer does whatever a row's pattern type says: every body pattern
is a literal to be contained, header patterns count only when they are `full` or `prefix`, DNS patterns are
compared whole. *declared* honours the pattern type everywhere. Order of matches, in both: all of DNS (query,
answer, row), then per request the rows of the body and the rows of its headers.
"""

import binascii
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, Self

from oonib.scoring.access import Unscorable, as_items, as_object
from oonib.scoring.fingerprints import Fingerprint, FingerprintSet
from oonib.scoring.matching.tables import Patterns, PatternTable

Semantics = Literal["production", "declared"]

_HEADER = "header."


class UndecodableBase64(ValueError):
    """A base64 body or header does not decode: all matches of the measurement are discarded."""


class Matcher:
    """All fingerprints of a set, ready for searching. Built once per process from a picklable set."""

    __slots__ = ("_body", "_declared", "_dns", "_dns_rows", "_headers", "_http_rows", "snapshot_id")

    def __init__(self, fingerprints: FingerprintSet, semantics: Semantics) -> None:
        self.snapshot_id = fingerprints.snapshot_id
        self._declared = semantics == "declared"
        self._dns_rows = fingerprints.dns
        self._http_rows = fingerprints.http
        self._dns = PatternTable(_dns_patterns(fingerprints.dns, declared=self._declared))
        places = _http_patterns(fingerprints.http, declared=self._declared)
        self._body = PatternTable(places.pop("body", Patterns()))
        self._headers = {place.removeprefix(_HEADER): PatternTable(p) for place, p in places.items()}

    @classmethod
    def build(cls, fingerprints: FingerprintSet, semantics: Semantics = "production") -> Self:
        """A matcher for `fingerprints`. Declared semantics may raise `BadRegexp`."""
        return cls(fingerprints, semantics)

    def match_dns(self, queries: Any) -> list[Fingerprint]:
        """Fingerprints equal to an answer of any query. Raises `Unscorable`."""
        found: list[Fingerprint] = []
        for query in as_items(queries, "queries"):
            answers = as_object(query, "an entry of queries").get("answers")
            for answer in as_items(answers, "answers"):
                address = _address(answer)
                if address:
                    rows = self._dns.find(address.encode("utf-8", "surrogatepass"))
                    found += (self._dns_rows[row] for row in sorted(rows))
        return found

    def match_http(self, requests: Iterable[Any]) -> list[Fingerprint]:
        """Fingerprints found in the responses. Raises `Unscorable`, `UndecodableBase64`."""
        found: list[Fingerprint] = []
        for request in requests:
            response = as_object(request, "an entry of requests").get("response")
            if response is None:
                continue
            fields = as_object(response, "a response")
            rows = sorted(self._in_body(fields.get("body"))) + sorted(self._in_headers(fields.get("headers")))
            found += (self._http_rows[row] for row in rows)
        return found

    def _in_body(self, body: Any) -> list[int]:
        if body is None:
            return []
        if isinstance(body, str):
            return self._body.find(body.encode("utf-8", "surrogatepass"))
        if not isinstance(body, dict):
            raise Unscorable("a response body is neither text nor an object")
        # Objects of another format cannot be searched and are passed over.
        return self._body.find(_decode_base64(body)) if body.get("format") == "base64" else []

    def _in_headers(self, headers: Any) -> list[int]:
        if not headers:
            return []
        # Names are compared without case, and the last of several equal names counts.
        values = {name.lower(): value for name, value in as_object(headers, "headers").items()}
        rows: list[int] = []
        for name, table in self._headers.items():
            if name in values:
                rows += self._in_header(table, values[name])
        return rows

    def _in_header(self, table: PatternTable, value: Any) -> list[int]:
        if isinstance(value, str):
            return table.find(value.encode("utf-8", "surrogatepass"))
        if not (table.has_prefixes or self._declared):
            return []
        if not isinstance(value, dict) or value.get("format") != "base64":
            raise Unscorable("a header value is neither text nor base64")
        text = _decode_base64(value).decode("latin-1").encode()
        # Production compares whole values before decoding them, so an encoded value never equals a pattern.
        return table.find(text) if self._declared else table.find_prefixes(text)


def _dns_patterns(rows: Sequence[Fingerprint], *, declared: bool) -> Patterns:
    patterns = Patterns()
    for number, row in enumerate(rows):
        patterns.add(row.pattern_type if declared else "full", row.pattern, number)
    return patterns


def _http_patterns(rows: Sequence[Fingerprint], *, declared: bool) -> dict[str, Patterns]:
    places: dict[str, Patterns] = {}
    for number, row in enumerate(rows):
        kind = row.pattern_type
        if not declared and row.location_found == "body":
            kind = "contains"
        elif not declared and kind not in ("full", "prefix"):
            continue
        places.setdefault(row.location_found, Patterns()).add(kind, row.pattern, number)
    return places


def _address(answer: Any) -> str:
    """What a DNS answer points to: the first of ipv4, hostname, ipv6 that it has."""
    if isinstance(answer, dict):
        for key in ("ipv4", "hostname", "ipv6"):
            if key in answer:
                value = answer[key]
                return value if isinstance(value, str) else ""
        return ""
    if isinstance(answer, str | list):
        return ""
    raise Unscorable("a DNS answer is not an object")


def _decode_base64(value: Mapping[str, Any]) -> bytes:
    data = value.get("data")
    if not isinstance(data, str) or not data.isascii():
        raise Unscorable("base64 data is not text of the base64 alphabet")
    try:
        return binascii.a2b_base64(data)
    except binascii.Error as exc:
        raise UndecodableBase64(str(exc)) from None
