"""What reprocessing asks ClickHouse for: stored verdicts by uid, and the uids of archived lines."""

from collections.abc import Sequence
from typing import Any

from oonib.warehouse.ports import Selects

_STORED = """
SELECT measurement_uid, anomaly, confirmed, msm_failure, scores FROM fastpath
WHERE measurement_start_time >= {first:DateTime('UTC')} AND measurement_start_time <= {last:DateTime('UTC')}
    AND measurement_uid IN {uids:Array(String)}
ORDER BY update_time DESC LIMIT 1 BY measurement_uid
"""
_UIDS = """
SELECT s3path, linenum, argMax(measurement_uid, update_time) AS uid FROM jsonl
WHERE s3path IN {keys:Array(String)} AND measurement_uid != ''
GROUP BY s3path, linenum
"""
_SECONDS = 300.0
"""The index is not ordered by file, so looking uids up reads all of it."""


def stored_verdicts(
    warehouse: Selects, uids: Sequence[str], first: object, last: object
) -> dict[str, dict[str, Any]]:
    """The newest rows of these uids, which started between `first` and `last` (aware datetimes)."""
    parameters = {"uids": list(uids), "first": first, "last": last}
    return {row["measurement_uid"]: row for row in warehouse.select(_STORED, parameters)}


def uids_of_lines(warehouse: Selects, keys: Sequence[str]) -> dict[str, dict[int, str]]:
    """The uids of the lines of these files, by key and line number."""
    found: dict[str, dict[int, str]] = {}
    if keys:
        for row in warehouse.select(_UIDS, {"keys": list(keys)}, timeout=_SECONDS):
            found.setdefault(row["s3path"], {})[row["linenum"]] = row["uid"]
    return found
