"""Who owns an autonomous system: renewing the table `asnmeta` (ops contract 1.3).

The source is one JSON object: number of the system to a list of `[organisation, country, changed, name,
registry]`. The old rows stay on any failure.
"""

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from datetime import date

import msgspec

from oonib.reference.problems import BadContent, ReferenceProblem
from oonib.reference.sources import STARTER, is_remote, read_file, read_source, shown
from oonib.reference.swapping import Content, count_of, replace
from oonib.warehouse.ports import Tables
from oonib.warehouse.tables import ASNMETA_COLUMNS

LEAST_ROWS = 100_000
MOST_ROWS = 1_000_000
Row = tuple[int, str, str, date, str, str]
"""One row, in the order of `ASNMETA_COLUMNS`."""
Timer = Callable[[str], AbstractContextManager[object]]

_FILE = "all_as_org_map.json"
_BYTES = 128 * 1024 * 1024
_LARGEST_ASN = 2**32 - 1
_NO_DATE = date(1970, 1, 1)
_LAST_DATE = date(2149, 6, 6)
"""The range of a Date in ClickHouse; the first also stands for a date that is not known."""
_ASN_RE = re.compile(r"[0-9]{1,10}", re.ASCII)
_DATE_RE = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})", re.ASCII)
_Entry = tuple[str, str, str, str, str]
_decoder = msgspec.json.Decoder(dict[str, list[_Entry]])


@dataclass(frozen=True, slots=True)
class AsNamesResult:
    """What an update did. `str()` is a sentence for logs."""

    changed: bool
    rows: int
    source: str

    def __str__(self) -> str:
        return f"{self.rows} names of networks {'loaded' if self.changed else 'unchanged'} from {self.source}"


def update_as_names(
    tables: Tables, source: str, *, least: int = LEAST_ROWS, timer: Timer = nullcontext
) -> AsNamesResult:
    """Give `asnmeta` the rows of `source`: a web address, a file, plain or gzip, or `STARTER`.

    Raises `ReferenceProblem`, `WarehouseError`. Refused: `least` rows or fewer, a million or more. Where the
    source is far away and there are no names at all yet, the starter names are loaded first.
    """
    present = count_of(tables, "asnmeta")
    remark = f"; the {present} in use stay"
    if is_remote(source) and not present:
        _store(tables, _starter())
        remark = "; the starter names are in use"
    try:
        with timer("fetch_data"):
            rows = read_as_names(source, least=least)
    except ReferenceProblem as problem:
        raise ReferenceProblem(f"{problem}{remark}") from problem
    return AsNamesResult(_store(tables, rows), len(rows), shown(source))


def read_as_names(source: str, *, least: int = LEAST_ROWS) -> list[Row]:
    """The names of `source`, checked and put nowhere. Raises `ReferenceProblem`."""
    if source == STARTER:
        return _starter()
    rows = parse_as_names(read_source(source, limit=_BYTES))
    if not least < len(rows) < MOST_ROWS:
        raise ReferenceProblem(f"{len(rows)} names, expected between {least} and {MOST_ROWS}")
    return rows


def parse_as_names(raw: bytes) -> list[Row]:
    """The rows in a file, in order. Raises `BadContent`."""
    # Counted before anything is built: a small file can hold very many empty lists.
    if raw.count(b"[") > 2 * MOST_ROWS or raw.count(b",") > 10 * MOST_ROWS:
        raise BadContent(_FILE, 0, f"there are {MOST_ROWS} rows and more, which no such file has")
    try:
        found = _decoder.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
        raise BadContent(_FILE, 0, f"not of the expected form: {exc}"[:300]) from None
    return sorted(set(_rows(found)))


def _rows(found: dict[str, list[_Entry]]) -> Iterator[Row]:
    for key, entries in found.items():
        if _ASN_RE.fullmatch(key) is None or int(key) > _LARGEST_ASN:
            raise BadContent(_FILE, 0, f"{key[:40]!r} is no number of a network")
        for name, cc, changed, short, registry in entries:
            yield int(key), name, cc, _date(changed), short, registry


def _date(text: str) -> date:
    found = _DATE_RE.fullmatch(text)
    try:
        made = date(*map(int, found.groups())) if found else _NO_DATE
    except ValueError:
        return _NO_DATE
    return made if _NO_DATE <= made <= _LAST_DATE else _NO_DATE


def _starter() -> list[Row]:
    return parse_as_names(read_file(STARTER, _FILE))


def _store(tables: Tables, rows: list[Row]) -> bool:
    return replace(tables, [Content("asnmeta", "asnmeta_tmp", ASNMETA_COLUMNS, rows)])
