"""The forms of an answer: JSON, CSV, Parquet, Arrow. Pure; ClickHouse writes the last two itself."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import orjson

_PIECE = 128 * 1024
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


@dataclass(frozen=True, slots=True)
class Form:
    """How a form is called: to clients, as the end of a file's name, and in ClickHouse."""

    media_type: str
    ending: str
    engine: Literal["Parquet", "ArrowStream"] | None = None


FORMS = {
    "JSON": Form("application/json", "json"),
    "CSV": Form("text/csv; charset=utf-8", "csv"),
    "PARQUET": Form("application/vnd.apache.parquet", "parquet", "Parquet"),
    "ARROW": Form("application/vnd.apache.arrow.stream", "arrow", "ArrowStream"),
}

TABLES = {
    "text/csv": {"schema": {"type": "string"}},
    **{
        FORMS[name].media_type: {"schema": {"type": "string", "format": "binary"}}
        for name in ("PARQUET", "ARROW")
    },
}
"""Answers that are not JSON, as OpenAPI shows them."""

TABLE_SETTINGS: dict[str, object] = {
    "output_format_arrow_string_as_string": 1,
    "output_format_parquet_string_as_string": 1,
    "output_format_arrow_compression_method": "none",
}
"""So that every reader of Arrow understands the answer."""


def as_csv(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[bytes]:
    """A header and one line per row.

    Text that a spreadsheet would take for a formula gets an apostrophe in front, as spreadsheets write it.
    """
    yield _line(columns)
    for row in rows:
        yield _line([_cell(value) for value in row])


def as_json_list(items: Iterable[object]) -> Iterator[bytes]:
    """The items of a JSON list as text, with the commas between them."""
    for number, item in enumerate(items):
        yield (b"," if number else b"") + orjson.dumps(item)


def in_pieces(texts: Iterable[bytes], size: int = _PIECE) -> Iterator[bytes]:
    """The same text in pieces of at least `size` bytes: each costs a change of threads on its way out."""
    held: list[bytes] = []
    length = 0
    for text in texts:
        held.append(text)
        length += len(text)
        if length >= size:
            yield b"".join(held)
            held, length = [], 0
    yield b"".join(held)


def etag(*parts: bytes) -> str:
    """A weak entity tag: equal for equal content, whatever else stands around it."""
    digest = blake2b(digest_size=16)
    for part in parts:
        digest.update(len(part).to_bytes(8) + part)
    return f'W/"{digest.hexdigest()}"'


def matches(if_none_match: str, tag: str) -> bool:
    """Whether a client that sends this `If-None-Match` has what `tag` stands for."""
    strong = tag.removeprefix("W/")
    return any(
        one == "*" or one.removeprefix("W/") == strong
        for one in (part.strip() for part in if_none_match.split(","))
    )


def _line(cells: Iterable[str]) -> bytes:
    line = io.StringIO()
    csv.writer(line, lineterminator="\r\n").writerow(cells)
    return line.getvalue().encode("utf-8", "replace")


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return orjson.dumps(value).decode()
    if isinstance(value, int | float):
        return str(value)
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text
