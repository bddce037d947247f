"""A file of the test lists: read, and edited so that no other row changes by a byte. Pure."""

import csv
from dataclasses import dataclass
from typing import Self

from oonib.testlists.entries import Entry

HEADER = ("url", "category_code", "category_description", "date_added", "source", "notes")


_SPECIAL = frozenset(',"\r\n')


class BadList(Exception):
    """Not a test list."""


class RowMissing(Exception):
    """No row is like that."""


@dataclass(frozen=True, slots=True)
class _Row:
    raw: str
    entry: Entry


class ListFile:
    """One state of a file. Bytes that are no UTF-8 are shown as such and written as they were."""

    def __init__(self, head: str, rows: list[_Row]) -> None:
        self._head = head
        self._rows = rows
        self._urls = {row.entry.url for row in rows}

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises `BadList`."""
        lines = content.decode("utf-8", "surrogateescape").split("\n")
        lines = [f"{line}\n" for line in lines[:-1]] + ([lines[-1]] if lines[-1] else [])
        reader = csv.reader(lines)
        taken = 0
        found: list[tuple[str, list[str]]] = []
        try:
            for fields in reader:
                found.append(("".join(lines[taken : reader.line_num]), fields))
                taken = reader.line_num
        except csv.Error as exc:
            raise BadList(str(exc)) from None
        if not found or tuple(found[0][1]) != HEADER:
            raise BadList("another header")
        return cls(found[0][0], [_Row(raw, _entry(fields)) for raw, fields in found[1:]])

    def entries(self) -> list[Entry]:
        """The rows, in their order."""
        return [row.entry for row in self._rows if row.entry.url]

    def has_url(self, url: str) -> bool:
        """Whether a row has it."""
        return url in self._urls

    def __contains__(self, entry: object) -> bool:
        return any(row.entry == entry for row in self._rows)

    def changed(self, old: Entry | None, new: Entry | None) -> bytes:
        """The file with `new` in the place of `old`, without `old`, or with `new` at its end.

        Raises `RowMissing`, and `BadList` where it could not be read any more.
        """
        raws = [row.raw for row in self._rows]
        if old is None:
            if raws and not raws[-1].endswith("\n"):
                raws[-1] += "\n"
            place = len(raws)
        else:
            place = next((at for at, row in enumerate(self._rows) if row.entry == old), -1)
            if place < 0:
                raise RowMissing
        raws[place : place + 1] = [] if new is None else [_written(new)]
        head = self._head if self._head.endswith("\n") else f"{self._head}\n"
        content = "".join((head, *raws)).encode("utf-8", "surrogateescape")
        expected = [row.entry for row in self._rows]
        expected[place : place + 1] = [] if new is None else [new]
        # A quote that somebody left open would swallow what comes after it.
        if [row.entry for row in self.parse(content)._rows] != expected:
            raise BadList("a row cannot be told from the next")
        return content


def _entry(fields: list[str]) -> Entry:
    by_name = dict(zip(HEADER, fields, strict=False))
    shown = (
        by_name.get(name, "").encode("utf-8", "surrogateescape").decode("utf-8", "replace")
        for name in ("url", "category_code", "date_added", "source", "notes")
    )
    return Entry(*shown)


def _written(entry: Entry) -> str:
    row = (entry.url, entry.category_code, entry.description, entry.date_added, entry.source, entry.notes)
    return ",".join(map(_quoted, row)) + "\n"


def _quoted(text: str) -> str:
    # The library leaves a single carriage return as it is, which ends the row for whoever reads it.
    return text if _SPECIAL.isdisjoint(text) else '"' + text.replace('"', '""') + '"'
