"""Reading SQL text just far enough to route it: first keyword, FORMAT clause, where INSERT data begins.

It is a scanner, not a parser: the engine judges whether a statement is valid.
Offsets are offsets into bytes, because INSERT data that follows the text may be binary.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

# What is never closed reaches to the end of the text, which keeps the scan linear.
_TOKEN = re.compile(
    rb"""
    (?P<blank>\s++|--[^\n]*+|\#[!\x20][^\n]*+|/\*.*?(?:\*/|\Z))
  | (?P<string>'(?:[^'\\]++|\\.|'')*+(?:'|\\?\Z)|\$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z))
  | (?P<quoted>`(?:[^`\\]++|\\.|``)*+(?:`|\\?\Z)|"(?:[^"\\]++|\\.|"")*+(?:"|\\?\Z))
  | (?P<word>[A-Za-z_]\w*+)
  | (?P<open>[(\[{])
  | (?P<close>[)\]}])
  | (?P<other>[0-9][\w.]*+|.)
    """,
    re.DOTALL | re.VERBOSE,
)
_STREAMED = frozenset({"SELECT", "WITH", "FROM"})
_NAME_FOLLOWS = frozenset({"INTO", "TABLE", "FUNCTION", "."})
_DATA_START = re.compile(rb"[ \t\f]*;?[ \t\f]*(?:\r?\n)?")

Kind = Literal["select", "insert", "other"]


@dataclass(frozen=True, slots=True)
class Token:
    """One token of SQL with its place in the text."""

    kind: str
    text: str
    start: int
    end: int
    depth: int

    @property
    def keyword(self) -> str:
        """The word in upper case, empty for anything that is not a word."""
        return self.text.upper() if self.kind == "word" else ""


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement as far as routing needs it.

    For an INSERT that carries its data, `text` ends before its SETTINGS and FORMAT
    clauses and `data_at` is where the data begins.
    """

    kind: Kind
    keyword: str
    text: str
    format: str | None = None
    settings: str = ""
    data_at: int | None = None
    local_file: bool = False


def tokens(sql: bytes) -> Iterator[Token]:
    """All tokens but blanks and comments."""
    depth = 0
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup or "other"
        if kind == "blank":
            continue
        if kind == "tag":
            kind = "string"
        if kind == "close":
            depth = max(0, depth - 1)
        yield Token(kind, match.group().decode("utf-8", "replace"), match.start(), match.end(), depth)
        if kind == "open":
            depth += 1


def first_keyword(sql: bytes) -> str:
    """The first word outside comments and opening parentheses, in upper case."""
    for token in tokens(sql):
        if token.kind != "open":
            return token.keyword
    return ""


def parse(sql: bytes) -> Statement:
    """Route a whole statement; for an INSERT `sql` may be only the beginning of the request."""
    keyword = first_keyword(sql)
    if keyword == "INSERT":
        return _parse_insert(sql)
    kind: Kind = "select" if keyword in _STREAMED else "other"
    flat = [token for token in tokens(sql) if token.depth == 0]
    return Statement(
        kind=kind,
        keyword=keyword,
        text=sql.decode("utf-8", "replace"),
        format=_format_clause(flat),
        local_file=_has_pair(flat, "INTO", "OUTFILE"),
    )


def _parse_insert(sql: bytes) -> Statement:
    previous: Token | None = None
    settings_at: int | None = None
    for token in tokens(sql):
        names = previous is not None and (previous.keyword in _NAME_FOLLOWS or previous.text == ".")
        if token.depth == 0 and not names:
            if token.keyword == "INFILE" and previous is not None and previous.keyword == "FROM":
                return Statement("other", "INSERT", sql.decode("utf-8", "replace"), local_file=True)
            if token.keyword in {"SELECT", "WITH", "WATCH"}:
                return Statement("other", "INSERT", sql.decode("utf-8", "replace"))
            if token.keyword == "SETTINGS":
                settings_at = token.start
            if token.keyword == "VALUES":
                return _insert_with_data(sql[: token.start], settings_at, "Values", token.end)
            if previous is not None and previous.keyword == "FORMAT" and token.kind == "word":
                match = _DATA_START.match(sql, token.end)
                data_at = match.end() if match else token.end
                return _insert_with_data(sql[: previous.start], settings_at, token.text, data_at)
        previous = token
    return _insert_with_data(sql, settings_at, None, None)


def _insert_with_data(
    head: bytes, settings_at: int | None, fmt: str | None, data_at: int | None
) -> Statement:
    at = len(head) if settings_at is None else settings_at
    return Statement(
        kind="insert",
        keyword="INSERT",
        text=head[:at].decode("utf-8", "replace"),
        settings=head[at:].decode("utf-8", "replace"),
        format=fmt,
        data_at=data_at,
    )


def _format_clause(flat: list[Token]) -> str | None:
    for before, token in zip(reversed(flat[:-1]), reversed(flat), strict=False):
        if before.keyword == "FORMAT" and token.kind == "word":
            return token.text
    return None


def _has_pair(flat: list[Token], first: str, second: str) -> bool:
    return any(a.keyword == first and b.keyword == second for a, b in pairwise(flat))
