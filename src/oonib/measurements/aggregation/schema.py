"""What goes into the aggregation endpoint and what comes out, as OpenAPI shows it (data contract 3)."""

from typing import Annotated, Literal, get_args

from pydantic import BaseModel, BeforeValidator, Field

from oonib.measurements.schema import Format, Inputs, LongTexts, Parameters, Texts, Time

Axis = Literal[
    "blocking_type",
    "category_code",
    "domain",
    "input",
    "measurement_start_day",
    "probe_asn",
    "probe_cc",
    "test_name",
]
Grain = Literal["hour", "day", "week", "month", "year"]

AXES: tuple[Axis, ...] = get_args(Axis)

_AxisText = Annotated[str, Field(max_length=100, json_schema_extra={"enum": list(AXES)})]


class AggregationParameters(Parameters):
    """What `GET /api/v1/aggregation` can be asked.

    A list is separated by commas, or the parameter is repeated.
    """

    input: Inputs = Field(
        None, description="What was tested, usually a URL, exactly. Repeated for several: URLs hold commas."
    )
    domain: LongTexts = Field(None, description="List of domains.")
    category_code: Texts = Field(
        None,
        description="List of categories of the test lists, such as NEWS. The global list counts, and with"
        " `probe_cc` the lists of these countries.",
    )
    probe_cc: Texts = Field(None, description="List of two-letter country codes.")
    probe_asn: Texts = Field(None, description="List of networks, as `AS1234` or `1234`.")
    test_name: Texts = Field(None, description="List of nettests, such as `web_connectivity`.")
    ooni_run_link_id: Texts = Field(None, description="List of OONI Run links.")
    since: Time | None = Field(
        None, description="Measured at this time or later (inclusive). Default: 180 days ago."
    )
    until: Time | None = Field(None, description="Measured before this time (exclusive). Default: now.")
    time_grain: Annotated[
        Literal["hour", "day", "week", "month", "year", "auto"],
        BeforeValidator(lambda value: value.lower() if isinstance(value, str) else value),
    ] = Field(
        "auto", description="Of the axis `measurement_start_day`. Which are possible depends on the range."
    )
    axis_x: _AxisText | None = Field(None, description="Count by this.")
    axis_y: _AxisText | None = Field(None, description="And by this.")
    format: Format = Field("JSON", description="`CSV`, `Parquet` or `Arrow` (a stream) for a table.")
    download: bool | None = Field(None, description="As an attachment.")
    explain: bool | None = Field(
        None, description="With the query and its parameters. For a client on the same machine."
    )


class Counts(BaseModel):
    """How many measurements there are of each outcome, and the value of each axis.

    The four outcomes exclude each other. The key of an axis is absent where it was not asked for.
    """

    anomaly_count: int
    confirmed_count: int
    failure_count: int
    ok_count: int
    measurement_count: int
    blocking_type: str | None = None
    category_code: str | None = None
    domain: str | None = None
    input: str | None = None
    measurement_start_day: str | None = None
    probe_asn: int | None = None
    probe_cc: str | None = None
    test_name: str | None = None


class Cost(BaseModel):
    """What the answer cost the database. All zero where it does not say."""

    row_count: int
    bytes: int
    total_row_count: int
    elapsed_seconds: float


class Explained(BaseModel):
    """The query of an answer and the values bound to its parameters."""

    sql: str
    parameters: dict[str, object]


class Aggregated(BaseModel):
    """The answer of `GET /api/v1/aggregation`: one object of counts without axes, else a list of them.

    For equal axes, an old mistake of clients that is answered with 200, there is only `msg`, `error`,
    `detail` and `v`.
    """

    v: int
    dimension_count: int | None = None
    result: Counts | list[Counts] | None = None
    db_stats: Cost | None = None
    explain: Explained | None = None
    msg: str | None = None
    error: str | None = None
    detail: str | None = None
