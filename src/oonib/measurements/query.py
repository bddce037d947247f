"""Builds the SQL that reads measurements: names from a closed set, values only as bound parameters.

`Where` is the one place where a condition becomes text: a value becomes `{p0:String}` in it and an entry of
`parameters`; a column must be one of the table's. Search, aggregation and statistics use it alike. What is
filtered is decided elsewhere.
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

AXES_COLUMNS: frozenset[Column] = frozenset(
    {
        "probe_cc",
        "test_name",
        "measurement_start_time",
        "probe_asn",
        "domain",
        "input",
        "blocking_type",
        "anomaly",
        "confirmed",
        "msm_failure",
        "ooni_run_link_id",
    }
)
"""Those that `fastpath_axes` has as well. Its `blocking_type` is that of the scores."""

AT_ONCE_A_MONTH = {"do_not_merge_across_partitions_select_final": 1}
"""Versions of a measurement lie in the same month, so FINAL need not compare months with each other."""

LIST_COUNTRY = "upper(trimBoth(toStringCutToZero(cc)))"
"""The country of a test list: production pads it and writes it in small letters, but for ZZ."""

COLUMNS: frozenset[Column] = frozenset(get_args(Column))
_OPERATORS = frozenset(get_args(Operator))
_TYPES = frozenset(get_args(Type))


class Where:
    """Conditions joined by AND, and the values bound to them."""

    def __init__(self) -> None:
        self._conditions: list[tuple[Column, str]] = []
        self.parameters: dict[str, object] = {}
        self.columns: set[Column] = set()
        self.lists = "1"
        """What holds of the rows of test lists that count, where a category is asked for."""

    @property
    def sql(self) -> str:
        """The conditions as the text after WHERE."""
        return " AND ".join(text for _, text in self._conditions) or "1"

    @property
    def window(self) -> str:
        """Those of the conditions that are about the time of measurement."""
        about_time = (text for column, text in self._conditions if column == "measurement_start_time")
        return " AND ".join(about_time) or "1"

    @property
    def window_parameters(self) -> dict[str, object]:
        """The values bound in `window`."""
        return {name: value for name, value in self.parameters.items() if f"{{{name}:" in self.window}

    def compare(self, column: Column, operator: Operator, kind: Type, value: object) -> None:
        """`column operator value`."""
        assert operator in _OPERATORS
        self._add(column, f"{operator} {self._bind(kind, value)}")

    def one_of(self, column: Column, kind: Type, values: Sequence[object]) -> None:
        """`column IN values`."""
        assert kind in _TYPES
        self._add(column, f"IN {self._bind(f'Array({kind})', list(values))}")

    def in_category(self, codes: Sequence[str], countries: Sequence[str] | None = None) -> None:
        """The input is a URL that a test list has in a category: any list, or those of `countries`."""
        condition = f"category_code IN {self._bind('Array(String)', list(codes))}"
        if countries is not None:
            condition += f" AND {LIST_COUNTRY} IN {self._bind('Array(String)', list(countries))}"
        self.lists = condition
        self._add("input", f"IN (SELECT url FROM citizenlab WHERE {condition})")  # noqa: S608

    def _add(self, column: Column, condition: str) -> None:
        assert column in COLUMNS
        self.columns.add(column)
        self._conditions.append((column, f"{column} {condition}"))

    def _bind(self, kind: str, value: object) -> str:
        name = f"p{len(self.parameters)}"
        self.parameters[name] = value
        return f"{{{name}:{kind}}}"


def by_uid(columns: Sequence[Column], *, known: bool) -> str:
    """The latest version of the measurement with the uid `uid`, a parameter.

    With `known` it is looked for at the time that `fastpath_uids` has for it, which lies along the key.
    """
    assert COLUMNS.issuperset(columns)
    at = "SELECT measurement_start_time FROM fastpath_uids WHERE uid_hash = sipHash64({uid:String})"
    return f"""
SELECT {", ".join(columns)} FROM fastpath
WHERE measurement_uid = {{uid:String}} {f"AND measurement_start_time IN ({at})" if known else ""}
ORDER BY update_time DESC
LIMIT 1
"""  # noqa: S608


def latest(where: Where, columns: Sequence[Column]) -> str:
    """The latest version of the first measurement (by uid) that agrees with `where`, which is narrow."""
    assert COLUMNS.issuperset(columns)
    return f"""
SELECT {", ".join(columns)} FROM fastpath
WHERE {where.sql}
ORDER BY measurement_uid, update_time DESC
LIMIT 1
"""  # noqa: S608
