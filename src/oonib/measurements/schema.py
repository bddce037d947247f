"""What goes into the measurement endpoints and what comes out, as OpenAPI shows it (data contract 1, 2)."""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, model_validator

from oonib.measurements.times import parse_time

_LONGEST_LIST = 16_384
_LONGEST_INPUT = 8_192

Time = Annotated[
    datetime, BeforeValidator(lambda value: parse_time(value) if isinstance(value, str) else value)
]
Format = Annotated[
    Literal["JSON", "CSV", "PARQUET", "ARROW"],
    BeforeValidator(lambda value: value.upper() if isinstance(value, str) else value),
]
"""In what form an answer comes, in any case of letters."""


def _several(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _bounded(least: int, most: int) -> AfterValidator:
    def check(texts: list[str] | None) -> list[str] | None:
        if texts is not None and not (least <= min(map(len, texts)) and sum(map(len, texts)) <= most):
            raise ValueError(f"at least {least} and all in all at most {most} characters")
        return texts

    return AfterValidator(check)


Texts = Annotated[list[str] | None, BeforeValidator(_several), _bounded(1, _LONGEST_LIST)]
"""A list: values between commas, the parameter repeated, or both."""

LongTexts = Annotated[list[str] | None, BeforeValidator(_several), _bounded(3, _LONGEST_LIST)]
"""A list of values of at least three characters."""

Inputs = Annotated[list[str] | None, BeforeValidator(_several), _bounded(3, _LONGEST_INPUT)]
"""A value that may hold commas, or the parameter repeated."""


class Parameters(BaseModel):
    """Query parameters: empty ones count as not given, unknown ones are ignored, a NUL is refused."""

    @model_validator(mode="before")
    @classmethod
    def _given(cls, data: Any) -> Any:
        given = {name: _filled(value) for name, value in data.items()}
        texts = [text for value in given.values() for text in (value if isinstance(value, list) else [value])]
        if any("\0" in text for text in texts if isinstance(text, str)):
            raise ValueError("a parameter contains a NUL")
        return {name: value for name, value in given.items() if value not in ("", [])}


def _filled(value: Any) -> Any:
    return [item for item in value if item != ""] if isinstance(value, list) else value


class SearchParameters(Parameters):
    """What `GET /api/v1/measurements` can be asked.

    A list is separated by commas, or the parameter is repeated.
    """

    report_id: LongTexts = Field(
        None, description="List of reports. Without other bounds it lifts the time window."
    )
    input: Inputs = Field(
        None, description="What was tested, usually a URL, exactly. Repeated for several: URLs hold commas."
    )
    domain: LongTexts = Field(None, description="List of domains. Ignored with `input`.")
    category_code: Texts = Field(
        None, description="List of categories of the test lists, such as NEWS. Ignored with `input`."
    )
    probe_cc: Texts = Field(None, description="List of two-letter country codes.")
    probe_asn: Texts = Field(None, description="List of networks, as `AS1234` or `1234`.")
    test_name: Texts = Field(None, description="List of nettests, such as `web_connectivity`.")
    since: Time | None = Field(
        None, description="Measured after this time (exclusive). Default: 30 days before."
    )
    until: Time | None = Field(
        None, description="Measured up to this time (inclusive). Default: end of today."
    )
    confirmed: bool | None = Field(None, description="Only with, or only without, the flag `confirmed`.")
    anomaly: bool | None = Field(None, description="Only with, or only without, the flag `anomaly`.")
    failure: bool | None = Field(None, description="Only with, or only without, the flag `failure`.")
    software_version: Texts = Field(None, description="List of versions of the probe.")
    test_version: Texts = Field(None, description="List of versions of the nettest.")
    engine_version: Texts = Field(None, description="List of versions of the engine.")
    ooni_run_link_id: Texts = Field(None, description="List of OONI Run links.")
    order_by: Literal["measurement_start_time"] = Field("measurement_start_time", description="The order.")
    order: Annotated[str, Field(max_length=20)] = Field("desc", description="`asc` or `desc`.")
    offset: int = Field(0, ge=0, le=1_000_000_000, description="Measurements to skip.")
    limit: int = Field(100, ge=1, le=1_000_000, description="Most measurements to return.")
    format: Format = Field(
        "JSON", description="`CSV`, `Parquet` or `Arrow` (a stream) for a table with a line per measurement."
    )
    download: bool | None = Field(None, description="As an attachment.")
    explain: bool | None = Field(
        None, description="With the query and its parameters. For a client on the same machine."
    )


class OneParameters(Parameters):
    """Which measurement: its uid, which wins, or a report id with the input that it had (none: no input)."""

    measurement_uid: str | None = Field(None, min_length=3, max_length=200, description="The measurement.")
    report_id: str | None = Field(None, description="Its report, where the uid is not known.")
    input: str | None = Field(
        None, min_length=3, max_length=_LONGEST_INPUT, description="Its input, with the report id."
    )


class MetaParameters(OneParameters):
    """What `GET /api/v1/measurement_meta` can be asked."""

    full: bool | None = Field(None, description="With the body, as a string.")


class DownloadParameters(Parameters):
    """What `GET /api/v1/measurement/{measurement_uid}` can be asked."""

    download: bool | None = Field(None, description="As an attachment.")


class ListMetadata(BaseModel):
    """Where a page of results stands. `count` and `pages` are -1 as long as there may be more."""

    count: int
    current_page: int
    limit: int
    next_url: str | None
    offset: int
    pages: int
    query_time: float


class ListedMeasurement(BaseModel):
    """One measurement of a listing. Every field but the URL is null in the constant answer to old apps."""

    anomaly: bool | None = None
    confirmed: bool | None = None
    failure: bool | None = None
    input: str | None = None
    measurement_start_time: str | None = None
    measurement_uid: str | None = None
    measurement_url: str
    probe_asn: str | None = None
    probe_cc: str | None = None
    report_id: str | None = None
    scores: dict[str, Any] | None = None
    test_name: str | None = None
    verification_status: Literal["verified", "unverified", "failed"] | None = None


class MeasurementList(BaseModel):
    """The answer of `GET /api/v1/measurements`."""

    metadata: ListMetadata
    results: list[ListedMeasurement]


class MeasurementMeta(BaseModel):
    """The answer of `GET /api/v1/measurement_meta`; all keys are absent where there is no such measurement.

    `scores` is JSON text, `probe_asn` a number: clients depend on both. `raw_measurement` is there when
    `full` was asked, empty where the body cannot be had.
    """

    anomaly: bool | None = None
    category_code: str | None = None
    confirmed: bool | None = None
    failure: bool | None = None
    input: str | None = None
    measurement_start_time: str | None = None
    measurement_uid: str | None = None
    probe_asn: int | None = None
    probe_cc: str | None = None
    raw_measurement: str | None = None
    report_id: str | None = None
    scores: str | None = None
    test_name: str | None = None
    test_start_time: str | None = None
    verification_status: Literal["verified", "unverified", "failed"] | None = None
