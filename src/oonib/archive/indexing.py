"""The rows of the `jsonl` table, which lead from a measurement to its line (fastpath contract 11)."""

from datetime import UTC, date, datetime

from oonib.archive.building import BuiltCan
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


def index_can(warehouse: Rows, built: BuiltCan) -> int:
    """Insert the rows of a can; the same can inserted again changes nothing. Raises `WarehouseError`."""
    found = rows(built)
    if found:
        token = f"{built.name.stem}:{built.jsonl.sha256}"
        warehouse.insert(TABLE, COLUMNS, found, dedup_token=token)
    return len(found)


def rows(built: BuiltCan) -> list[Row]:
    """One row for each line that is a measurement."""
    day = datetime.strptime(built.name.hour, "%Y%m%d%H").replace(tzinfo=UTC).date()
    return [
        (
            line.report_id,
            line.input,
            built.name.jsonl,
            line.place.linenum,
            line.uid,
            day,
            built.name.postcan,
            line.place.member_offset,
            line.place.member_length,
            line.place.line_in_member,
        )
        for line in built.lines
        if line.problem is None
    ]
