"""What a test list holds: files by country, checked row by row (ops contract 1.1).

A file that is damaged or of another form is refused as a whole, and with it all of them. A single address
that is none is left out and counted.
"""

import csv
import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from oonib.reference.problems import BadContent
from oonib.warehouse.tables import CITIZENLAB_COLUMNS

COLUMNS = CITIZENLAB_COLUMNS
HEADER = ("url", "category_code", "category_description", "date_added", "source", "notes")
GLOBAL = "ZZ"
MOST_ROWS = 1_000_000

Row = tuple[str, str, str, str]
"""One row, in the order of `COLUMNS`."""

CATEGORIES = frozenset({
    "ALDR", "ANON", "COMM", "COMT", "CTRL", "CULTR", "DATE", "ECON", "ENV", "FILE", "GAME", "GMB",
    "GOVT", "GRP", "HACK", "HATE", "HOST", "HUMR", "IGO", "LGBT", "MILX", "MISC", "MMED", "NEWS",
    "POLR", "PORN", "PROV", "PUBH", "REL", "SRCH", "XED",
})  # fmt: skip
"""The codes in use; another one is remarked on, not refused."""

_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = r"(?:[A-Za-z]{2,6}|[A-Za-z0-9-]{2,})\.?"
_URL_RE = re.compile(
    rf"(?:[Hh][Tt][Tt][Pp][Ss]?://)?"
    rf"(?P<host>(?:{_LABEL}\.)+{_TOP}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})"
    rf"(?::[0-9]+)?(?:/|[/?]\S+)?"
)
_FORBIDDEN = frozenset("\r\n\t\\")
_SHOWN = 5


@dataclass(frozen=True, slots=True)
class TestLists:
    """All lists of one source: distinct rows in order, how many files, what was left out or is odd."""

    __test__ = False

    rows: tuple[Row, ...]
    files: int
    left_out: int
    unknown_categories: tuple[str, ...]


def parse_lists(files: Mapping[str, bytes], *, most: int = MOST_ROWS) -> TestLists:
    """The rows of all lists among `files` (names such as `it.csv`). Raises `BadContent`.

    Reading ends at `most` rows, whatever follows.
    """
    rows: dict[Row, None] = {}
    read = left_out = 0
    for name in sorted(files):
        cc = country_of(name)
        if cc is None:
            continue
        read += 1
        for url, category in _records(files[name], name):
            domain = domain_of(url)
            if domain is None:
                left_out += 1
            else:
                rows[(domain, url, cc, category)] = None
            if len(rows) + left_out >= most:
                raise BadContent(name, 0, f"there are {most} rows and more, which no test list has")
    unknown = sorted({row[3] for row in rows} - CATEGORIES)
    return TestLists(tuple(sorted(rows)), read, left_out, tuple(unknown[:_SHOWN]))


def country_of(name: str) -> str | None:
    """The country of a list by its file name, as it is stored; None for a file that is no country's list."""
    stem = name.removesuffix(".csv")
    if stem == "global":
        return GLOBAL
    return stem.lower() if len(stem) == 2 else None


def domain_of(url: str) -> str | None:
    """The host in an address, as written; None for what is no address."""
    if _FORBIDDEN.intersection(url):
        return None
    found = _URL_RE.fullmatch(url)
    return found["host"] if found else None


def _records(raw: bytes, name: str) -> Iterator[tuple[str, str]]:
    """Address and category of each record."""
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as exc:
        raise BadContent(name, raw[: exc.start].count(b"\n") + 1, "not UTF-8") from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        if tuple(next(reader, [])) != HEADER:
            raise BadContent(name, 1, f"the header is not {','.join(HEADER)}")
        for cells in filter(None, reader):
            if len(cells) != len(HEADER):
                raise BadContent(name, reader.line_num, f"{len(cells)} cells, expected {len(HEADER)}")
            yield cells[0], cells[1]
    except csv.Error as exc:
        raise BadContent(name, reader.line_num, f"not CSV: {exc}") from None
