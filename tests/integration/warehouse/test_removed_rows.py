"""Rows of one measurement go from every table that has any, and those of no other."""

from datetime import UTC, datetime

from oonib.archive.removal.tables import delete_rows
from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer, tables_on

START = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


def counts(warehouse: Warehouse) -> dict[str, int]:
    tables = ("fastpath", "jsonl", "arrivals", "obs_openvpn", "fastpath_axes", "fastpath_uids")
    return {table: warehouse.select(f"SELECT count() AS n FROM {table}")[0]["n"] for table in tables}


def test_every_table_and_no_other_row(shared_server: EmbeddedServer) -> None:
    with tables_on(shared_server) as url:
        warehouse = Warehouse.connect(url)
        uids = [f"20260302101500.00000{n}_BR_openvpn_0123456789abcde{n}" for n in range(3)]
        for table in ("fastpath", "obs_openvpn"):
            rows = [[uid, "r", "x", START] for uid in uids]
            warehouse.insert(table, ("measurement_uid", "report_id", "input", "measurement_start_time"), rows)
        warehouse.insert(
            "jsonl", ("measurement_uid", "report_id", "s3path"), [[uid, "r", "k"] for uid in uids]
        )
        before = counts(warehouse)
        assert set(before.values()) == {3}
        looked = delete_rows(warehouse, uids[1])
        assert set(looked) >= set(before)
        assert counts(warehouse) == dict.fromkeys(before, 2)
        left = warehouse.select("SELECT measurement_uid AS uid FROM fastpath ORDER BY uid")
        assert [row["uid"] for row in left] == [uids[0], uids[2]]
        assert delete_rows(warehouse, "x' OR 1=1 --")
        assert counts(warehouse) == dict.fromkeys(before, 2)
        warehouse.close()
