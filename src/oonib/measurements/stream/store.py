"""What is read from ClickHouse for the feed: `arrivals`, along its key."""

from typing import Any

from oonib.measurements.stream.events import Position
from oonib.warehouse.ports import Selects

_KEPT_HOURS = 24
_SETTLE_SECONDS = 3
"""Inserts that began at the same time end one after the other. So long after, most of them have."""

_LONGEST_INSERT = 120
"""Seconds for which the feed waits for an insert that is still under way."""

_COLUMNS = (
    "measurement_uid, report_id, input, probe_cc, probe_asn, test_name, measurement_start_time, scores,"
    " anomaly, confirmed, msm_failure, is_verified, domain, software_version, test_version, engine_version,"
    " ooni_run_link_id, toUnixTimestamp64Milli(arrived) AS at"
)
_BETWEEN = f"""
SELECT {_COLUMNS} FROM arrivals
WHERE arrived >= fromUnixTimestamp64Milli({{low:Int64}}, 'UTC')
    AND arrived <= fromUnixTimestamp64Milli({{high:Int64}}, 'UTC')
    AND (toUnixTimestamp64Milli(arrived), measurement_uid) > ({{low:Int64}}, {{low_uid:String}})
    AND (toUnixTimestamp64Milli(arrived), measurement_uid) <= ({{high:Int64}}, {{high_uid:String}})
ORDER BY arrived, measurement_uid LIMIT {{most:UInt64}}
"""  # noqa: S608 - text of this module
# A row gets its time while its insert runs, and is not there before that ends.
_SETTLED = f"""
SELECT greatest(now - {_LONGEST_INSERT * 1000}, least(now - {_SETTLE_SECONDS * 1000}, begun - 1000)) AS at
FROM (
    SELECT toUnixTimestamp64Milli(now64(3)) AS now, now - toInt64(1000 * max(elapsed)) AS begun
    FROM system.processes WHERE query_kind = 'Insert' AND position(query, 'fastpath') > 0
)
"""  # noqa: S608 - text of this module
_LISTED = "SELECT DISTINCT category_code, url FROM citizenlab"
_LAST_UID = "~"
"""Behind every uid."""


class ArrivalStore:
    """Reads arrivals. Every method raises `WarehouseError` kinds."""

    def __init__(self, warehouse: Selects) -> None:
        self._warehouse = warehouse

    def settled(self) -> Position:
        """The end of what is settled, by the clock that says when a measurement arrived."""
        return Position(int(self._warehouse.select(_SETTLED)[0]["at"]), _LAST_UID)

    def listed(self) -> list[tuple[str, str]]:
        """Category and URL of each entry of the test lists."""
        return [(row["category_code"], row["url"]) for row in self._warehouse.select(_LISTED)]

    def between(self, low: Position, high: Position, most: int) -> list[dict[str, Any]]:
        """The first `most` arrivals behind `low` and not behind `high`. `at`: milliseconds."""
        return self._warehouse.select(
            _BETWEEN,
            {
                "low": low.arrived,
                "low_uid": low.uid,
                "high": high.arrived,
                "high_uid": high.uid,
                "most": most,
            },
        )


def oldest(end: Position) -> Position:
    """Before it nothing is kept."""
    return Position(end.arrived - _KEPT_HOURS * 3_600_000)


def position_of(row: dict[str, Any]) -> Position:
    """Where an arrival is."""
    return Position(int(row["at"]), str(row["measurement_uid"]))
