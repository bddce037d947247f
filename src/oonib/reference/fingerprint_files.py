"""The two fingerprint files: read as CSV, checked row by row (ops contract 1.2).

Owns what a valid file is. A file with one bad row is refused whole, with the line and the reason.
"""

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from oonib.reference.problems import BadContent, SourceProblem
from oonib.reference.sources import read_file
from oonib.scoring import BadRegexp, Fingerprint, FingerprintSet, check_regexp, countries_of

Table = Literal["dns", "http"]
TABLES: tuple[Table, ...] = ("dns", "http")

COLUMNS = (
    "name",
    "scope",
    "other_names",
    "location_found",
    "pattern_type",
    "pattern",
    "confidence_no_fp",
    "expected_countries",
    "source",
    "exp_url",
    "notes",
)
"""Header of both files and columns of both tables."""

ROW_LIMITS = (100, 50_000)
"""A real file has more rows than the first number and fewer than the second."""

Row = tuple[str | int, ...]
"""One row, in the order of `COLUMNS`; `confidence_no_fp` is a number."""

_FILE_BYTES = 32 * 1024 * 1024
_DNS_SCOPES = frozenset({"nat", "isp", "prod", "inst", "vbw", "fp"})
_SCOPES = {"dns": _DNS_SCOPES, "http": _DNS_SCOPES | {"injb", "prov"}}
_PATTERN_TYPES = frozenset({"full", "prefix", "contains", "regexp"})
_LOCATION_RES = {"dns": re.compile("dns"), "http": re.compile(r"body|header\.[a-z0-9!#$%&'*+.^_`|~-]+")}
_CONFIDENCE_RE = re.compile(r"\d{1,3}", re.ASCII)


class FingerprintProblem(BadContent):
    """A source of fingerprints cannot be used: which file, which line (0 for the whole file), and why."""


@dataclass(frozen=True, slots=True)
class FingerprintFiles:
    """Both files of one source, checked; rows ordered by name."""

    dns: tuple[Row, ...]
    http: tuple[Row, ...]

    def rows(self, table: Table) -> tuple[Row, ...]:
        """Rows of one table."""
        return self.dns if table == "dns" else self.http

    def fingerprints(self) -> FingerprintSet:
        """The same as a set for scoring."""
        return fingerprint_set(self.dns, self.http)


def fingerprint_set(dns: tuple[Row, ...], http: tuple[Row, ...]) -> FingerprintSet:
    """A set for scoring from rows in the order of `COLUMNS`."""
    return FingerprintSet.of(map(_fingerprint, dns), map(_fingerprint, http))


def read_files(source: str, *, limits: tuple[int, int] | None = ROW_LIMITS) -> FingerprintFiles:
    """Read and check both files of a source. Raises `FingerprintProblem`.

    `limits` bound the number of rows of each; None waives that.
    """
    tables = {}
    for table in TABLES:
        name = f"fingerprints_{table}.csv"
        try:
            raw = read_file(source, name, limit=_FILE_BYTES)
        except SourceProblem as exc:
            raise FingerprintProblem(name, 0, str(exc)) from None
        tables[table] = parse_file(raw, table, limits=limits)
    return FingerprintFiles(tables["dns"], tables["http"])


def parse_file(raw: bytes, table: Table, *, limits: tuple[int, int] | None = ROW_LIMITS) -> tuple[Row, ...]:
    """Rows of one file, ordered by name. Raises `FingerprintProblem`."""
    name = f"fingerprints_{table}.csv"
    rows: dict[str, Row] = {}
    for line, fields in _records(raw, name):
        problem = _problem(fields, table)
        if fields["name"] in rows:
            problem = f"the name {fields['name']!r} appears twice"
        if problem is not None:
            raise FingerprintProblem(name, line, problem)
        rows[fields["name"]] = _row(fields)
    if limits is not None and not limits[0] < len(rows) < limits[1]:
        raise FingerprintProblem(name, 0, f"{len(rows)} rows, expected between {limits[0]} and {limits[1]}")
    return tuple(rows[key] for key in sorted(rows))


def _records(raw: bytes, name: str) -> Iterator[tuple[int, dict[str, str]]]:
    """Records with the number of their last line. Patterns may hold line breaks, so lines are not records."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise FingerprintProblem(name, raw[: exc.start].count(b"\n") + 1, "not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        if tuple(header) != COLUMNS:
            raise FingerprintProblem(name, 1, f"the header is not {','.join(COLUMNS)}")
        for cells in reader:
            if len(cells) != len(COLUMNS):
                raise FingerprintProblem(
                    name, reader.line_num, f"{len(cells)} cells, expected {len(COLUMNS)}"
                )
            yield reader.line_num, dict(zip(COLUMNS, cells, strict=True))
    except csv.Error as exc:
        raise FingerprintProblem(name, reader.line_num, f"not CSV: {exc}") from None


def _row(fields: Mapping[str, str]) -> Row:
    return tuple(int(fields[key]) if key == "confidence_no_fp" else fields[key] for key in COLUMNS)


def _fingerprint(row: Row) -> Fingerprint:
    fields = dict(zip(COLUMNS, row, strict=True))
    return Fingerprint(
        str(fields["name"]),
        str(fields["scope"]),
        str(fields["location_found"]),
        str(fields["pattern_type"]),
        str(fields["pattern"]),
        int(fields["confidence_no_fp"]),
        countries_of(str(fields["expected_countries"])),
    )


def _problem(fields: Mapping[str, str], table: Table) -> str | None:
    """What is wrong with a record; None when nothing is."""
    checks: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("name", bool),
        ("scope", _SCOPES[table].__contains__),
        ("location_found", _LOCATION_RES[table].fullmatch),
        ("pattern_type", _PATTERN_TYPES.__contains__),
        ("pattern", bool),
        ("confidence_no_fp", _is_confidence),
    )
    for key, is_good in checks:
        if not is_good(fields[key]):
            return f"{key} {fields[key][:80]!r} is not acceptable" if fields[key] else f"{key} is empty"
    return _regexp_problem(fields["pattern"]) if fields["pattern_type"] == "regexp" else None


def _is_confidence(text: str) -> bool:
    return _CONFIDENCE_RE.fullmatch(text) is not None and int(text) <= 255


def _regexp_problem(pattern: str) -> str | None:
    try:
        check_regexp(pattern)
    except BadRegexp as exc:
        return f"the regular expression does not compile: {exc}"
    return None
