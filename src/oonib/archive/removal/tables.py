"""Rows of one measurement, out of every table that has any."""

from oonib.warehouse.ports import Tables

_WITH_UID = """
SELECT table, name FROM system.columns
WHERE database = currentDatabase() AND name IN ('measurement_uid', 'uid_hash') AND table IN (
    SELECT name FROM system.tables WHERE database = currentDatabase() AND engine LIKE '%MergeTree'
)
ORDER BY table
"""
_CONDITIONS = {
    "measurement_uid": "measurement_uid = {uid:String}",
    "uid_hash": "uid_hash = sipHash64({uid:String})",
}


def delete_rows(tables: Tables, uid: str) -> list[str]:
    """Delete them and wait for it; the tables that were looked through. Raises `WarehouseError`."""
    cluster = f" ON CLUSTER `{tables.cluster}`" if tables.cluster else ""
    done = []
    for row in tables.select(_WITH_UID):
        condition = _CONDITIONS[row["name"]]
        tables.command(
            f"ALTER TABLE `{row['table']}`{cluster} DELETE WHERE {condition} SETTINGS mutations_sync = 2",
            {"uid": uid},
        )
        done.append(row["table"])
    return done
