"""Builds the SQL that reads `fastpath`: names from a closed set, values only as bound parameters.

The one module of this room where SQL text is put together. A value becomes `{p0:String}` in the text and an
entry of `parameters`; a column must be one of the table's. What is filtered is decided elsewhere.
"""

from collections.abc import Sequence
from typing import Literal, get_args

Column = Literal[
    "measurement_uid",
    "report_id",
    "input",
    "probe_cc",
    "probe_asn",
    "test_name",
    "test_start_time",
    "measurement_start_time",
    "scores",
    "platform",
    "anomaly",
    "confirmed",
    "msm_failure",
    "domain",
    "software_name",
    "software_version",
    "test_version",
    "architecture",
    "engine_name",
    "engine_version",
    "test_runtime",
    "blocking_type",
    "ooni_run_link_id",
    "is_verified",
]
"""Columns of `fastpath` that queries name."""

Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Type = Literal["String", "Int64", "UInt64", "DateTime('UTC')"]

_COLUMNS = frozenset(get_args(Column))
_OPERATORS = frozenset(get_args(Operator))
_TYPES = frozenset(get_args(Type))


class Where:
    """Conditions joined by AND, and the values bound to them."""

    def __init__(self) -> None:
        self._conditions: list[str] = []
        self.parameters: dict[str, object] = {}
        self.columns: set[Column] = set()

    @property
    def sql(self) -> str:
        """The conditions as the text after WHERE."""
        return " AND ".join(self._conditions) or "1"

    def compare(self, column: Column, operator: Operator, kind: Type, value: object) -> None:
        """`column operator value`."""
        assert operator in _OPERATORS
        self._conditions.append(f"{self._column(column)} {operator} {self._bind(kind, value)}")

    def one_of(self, column: Column, kind: Type, values: Sequence[object]) -> None:
        """`column IN values`."""
        assert kind in _TYPES
        self._conditions.append(f"{self._column(column)} IN {self._bind(f'Array({kind})', list(values))}")

    def in_category(self, code: str) -> None:
        """The input is a URL that some test list has under category `code`."""
        urls = f"SELECT url FROM citizenlab WHERE category_code = {self._bind('String', code)}"  # noqa: S608
        self._conditions.append(f"{self._column('input')} IN ({urls})")

    def _column(self, column: Column) -> str:
        assert column in _COLUMNS
        self.columns.add(column)
        return column

    def _bind(self, kind: str, value: object) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"


def listing(where: Where, columns: Sequence[Column], *, descending: bool) -> str:
    """The latest version of each measurement that agrees with `where`, a page in order of time.

    Takes the further parameters `limit`, `offset` and `candidates`. The table keeps older versions of a
    measurement that was scored again until it merges. The innermost query walks along the key, reads no
    more than it needs, and gives the time up to which there are as many rows as `candidates`. The one
    around it finds the measurements in that stretch from narrow columns. Only theirs are read whole, the
    latest version of each is kept, and the conditions are held against that one again.
    """
    assert _COLUMNS.issuperset(columns)
    order = "DESC" if descending else "ASC"
    edge, reach = ("min", ">=") if descending else ("max", "<=")
    read = ", ".join(sorted({*columns, *where.columns, "measurement_start_time", "measurement_uid"}))
    # Text of this module and names checked against closed sets; values are parameters.
    return f"""
SELECT {", ".join(columns)} FROM (
    SELECT {read} FROM fastpath
    WHERE (measurement_start_time, measurement_uid) IN (
        SELECT measurement_start_time, measurement_uid FROM fastpath
        WHERE {where.sql} AND measurement_start_time {reach} (SELECT {edge}(at) FROM ({_times(where, order)}))
    )
    ORDER BY update_time DESC LIMIT 1 BY measurement_uid
)
WHERE {where.sql}
ORDER BY measurement_start_time {order}, measurement_uid {order}
LIMIT {{limit:UInt64}} OFFSET {{offset:UInt64}}
"""  # noqa: S608


def candidate_count(where: Where, *, descending: bool) -> str:
    """How many candidates `listing` has, up to its parameter `candidates`."""
    return f"SELECT count() AS n FROM ({_times(where, 'DESC' if descending else 'ASC')})"  # noqa: S608


def _times(where: Where, order: str) -> str:
    return (
        f"SELECT measurement_start_time AS at FROM fastpath WHERE {where.sql}"  # noqa: S608
        f" ORDER BY measurement_start_time {order} LIMIT {{candidates:UInt64}}"
    )


def latest(where: Where, columns: Sequence[Column]) -> str:
    """The latest version of the first measurement (by uid) that agrees with `where`, which is narrow."""
    assert _COLUMNS.issuperset(columns)
    return f"""
SELECT {", ".join(columns)} FROM fastpath
WHERE {where.sql}
ORDER BY measurement_uid, update_time DESC
LIMIT 1
"""  # noqa: S608
