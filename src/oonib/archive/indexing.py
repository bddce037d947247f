"""The rows of the `jsonl` table, which lead from a measurement to its line (fastpath contract 11)."""

import hashlib
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime
from itertools import chain

from oonib.archive.building import BuiltCan, BuiltLine
from oonib.archive.names import CanName
from oonib.warehouse.ports import Rows

TABLE = "jsonl"
COLUMNS = (
    "report_id",
    "input",
    "s3path",
    "linenum",
    "measurement_uid",
    "date",
    "source",
    "member_offset",
    "member_length",
    "line_in_member",
)

Row = tuple[str, str, str, int, str, date, str, int, int, int]


def index_cans(warehouse: Rows, cans: Sequence[BuiltCan]) -> list[int]:
    """Insert the rows of cans at once; how many each has. Raises `WarehouseError`.

    A can that is inserted again, alone or among others, changes nothing.
    """
    found = [rows(built.name, built.lines) for built in cans]
    if any(found):
        names = "\n".join(f"{built.name.stem}:{built.jsonl.sha256}" for built in cans)
        token = hashlib.sha256(names.encode()).hexdigest()
        warehouse.insert(TABLE, COLUMNS, list(chain.from_iterable(found)), dedup_token=token)
    return list(map(len, found))


def rows(name: CanName, lines: Iterable[BuiltLine]) -> list[Row]:
    """One row for each line of the can that is a measurement."""
    day = datetime.strptime(name.hour, "%Y%m%d%H").replace(tzinfo=UTC).date()
    return [
        (
            line.report_id,
            line.input,
            name.jsonl,
            line.place.linenum,
            line.uid,
            day,
            name.postcan,
            line.place.member_offset,
            line.place.member_length,
            line.place.line_in_member,
        )
        for line in lines
        if line.problem is None
    ]
