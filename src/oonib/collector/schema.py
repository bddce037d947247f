"""The answers of the submission endpoints, for the wire and for the API document."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field


class OpenedReport(BaseModel):
    """Answer of `POST /report`."""

    backend_version: str = Field(examples=["1.3.5"])
    report_id: str = Field(examples=["20260302T101530Z_webconnectivity_BR_28573_n1_k3ZqWb0TtN7yLoPa"])
    supported_formats: list[str] = Field(examples=[["yaml", "json"]])


class StoredMeasurement(BaseModel):
    """Answer of `POST /report/{report_id}`; empty when the report id names no network or country."""

    measurement_uid: str | None = Field(
        None, examples=["20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"]
    )


class CheckedReportId(BaseModel):
    """Answer of `GET /api/_/check_report_id`: always found, whatever the id."""

    v: int = 0
    found: bool = True


class SubmitMeasurement(BaseModel):
    """Body of `POST /api/v1/submit_measurement`. `content` is the measurement as JSON text, not an object."""

    model_config = ConfigDict(extra="ignore")

    format: Literal["json"]
    content: str
    nym: str | None = None
    zkp_request: str | None = None
    manifest_version: str | None = None
    protocol_version: str | None = None


class SubmittedMeasurement(BaseModel):
    """Answer of `POST /api/v1/submit_measurement`."""

    measurement_uid: str
    verification_status: Literal["verified", "unverified", "failed"]
    submit_response: str | None
    protocol_version: str | None
    error: str | None
    report_id: str
