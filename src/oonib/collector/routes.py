"""The submission endpoints over HTTP. Plain routes: no framework looks at a measurement's body.

Their part of the API document is written out in `DOCUMENTED`, because the framework cannot derive it.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import ValidationError
from starlette.routing import Match, Route
from starlette.types import ASGIApp, Scope

from oonib.collector.bodies import BodyLimits, Budget, read_body
from oonib.collector.receiving import Receiving, ShortCut, content_encoding
from oonib.collector.schema import (
    CheckedReportId,
    OpenedReport,
    StoredMeasurement,
    SubmitMeasurement,
    SubmittedMeasurement,
)
from oonib.collector.service import CollectorService
from oonib.errors import Invalid

_NO_CACHE = {"Cache-Control": "no-cache"}


class _Route(Route):
    """A plain route that names itself in the request's scope as the documented ones do, for the metrics."""

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """As every route does, and the route itself."""
        match, found = super().matches(scope)
        return match, found if match is Match.NONE else {**found, "route": self}


class SubmissionRoutes:
    """Handlers of `POST /report…` and `POST /api/v1/submit_measurement`."""

    def __init__(
        self, service: CollectorService, limits: BodyLimits, address_of: Callable[[Scope], str]
    ) -> None:
        self._service = service
        self._limits = limits
        self._address_of = address_of
        self._budget = Budget(limits.together)
        self._receiving = Receiving(service, limits, self._budget, address_of)
        self._receive = _Route("/report/{report_id}", self._receiving, methods=["POST"])

    def short_cut(self, around: Callable[[ASGIApp], ASGIApp], rest: ASGIApp) -> ASGIApp:
        """`rest`, with the most frequent route before all of its layers and within `around` only."""
        return ShortCut(around(self._receiving), rest, self._receive)

    def routes(self) -> list[Route]:
        """To be placed before the documented routes of the app."""
        return [
            self._receive,
            _Route("/report", self.open_report, methods=["POST"]),
            _Route("/report/{report_id}/close", self.close_report, methods=["POST"]),
            _Route("/api/v1/submit_measurement", self.submit, methods=["POST"]),
        ]

    async def open_report(self, request: Request) -> JSONResponse:
        """Answer a fresh report id (probe contract 4)."""
        with self._budget.share() as share:
            body = await read_body(request.stream(), self._limits.sent, share)
            opened = OpenedReport(
                backend_version="1.3.5",
                report_id=await self._service.open_report(body, content_encoding(request.scope)),
                supported_formats=["yaml", "json"],
            )
        return _answer(opened.model_dump())

    async def close_report(self, _request: Request) -> JSONResponse:
        """Nothing is kept for a report, so nothing is closed: any id, any body (probe contract 5.8)."""
        return _answer({})

    async def submit(self, request: Request) -> JSONResponse:
        """Store one measurement, with or without a credential (probe contract 6)."""
        with self._budget.share() as share:
            body = await read_body(request.stream(), self._limits.sent, share)
            try:
                receipt, verification = await self._service.submit(
                    body, content_encoding(request.scope), self._address_of(request.scope)
                )
            except ValidationError as exc:
                raise Invalid(_problems(exc)) from None
        submitted = SubmittedMeasurement(
            measurement_uid=receipt.uid,
            verification_status=verification.status,
            submit_response=verification.response,
            protocol_version=self._service.protocol_version,
            error=verification.error,
            report_id=receipt.report_id,
        )
        return _answer(submitted.model_dump())


def router() -> APIRouter:
    """The documented small endpoint beside the submission routes."""
    documented = APIRouter(tags=["submission"])

    @documented.get("/api/_/check_report_id", summary="Whether a report id is known: always")
    def check_report_id(
        response: Response,
        report_id: Annotated[str, Query(description="Any text: the answer is the same.")] = "",
    ) -> CheckedReportId:
        """Old apps ask this to decide about sending again; every id counts as found."""
        del report_id
        response.headers["Cache-Control"] = "max-age=1"
        return CheckedReportId()

    return documented


def _answer(value: dict[str, Any]) -> JSONResponse:
    return JSONResponse(value, headers=_NO_CACHE)


def _problems(exc: ValidationError) -> str:
    return "; ".join(
        f"{'.'.join(map(str, error['loc'])) or 'body'}: {error['msg']}" for error in exc.errors()
    )


def _operation(
    summary: str, body: dict[str, Any], answer: type, statuses: dict[str, str], *, with_id: bool = False
) -> dict[str, Any]:
    parameters = [{"name": "report_id", "in": "path", "required": True, "schema": {"type": "string"}}]
    problem = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    success = {"application/json": {"schema": {"$ref": f"#/components/schemas/{answer.__name__}"}}}
    responses: dict[str, Any] = {"200": {"description": "Done", "content": success}}
    responses |= {code: {"description": text, "content": problem} for code, text in statuses.items()}
    return {
        "post": {
            "tags": ["submission"],
            "summary": summary,
            "parameters": parameters if with_id else [],
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
            "responses": responses,
        }
    }


_OBJECT = {"type": "object"}
_STORING = {
    "400": "Not an acceptable measurement; `reason` or `error` names why",
    "408": "No progress for too long",
    "413": "Larger than accepted",
    "503": "Not durable now: send it again later",
    "507": "No room: send it again later",
}
DOCUMENTED: dict[str, Any] = {
    "/report": _operation(
        "Open a report", _OBJECT, OpenedReport, {key: _STORING[key] for key in ("400", "408", "413", "503")}
    ),
    "/report/{report_id}": _operation(
        "Submit one measurement",
        {
            "type": "object",
            "required": ["content"],
            "properties": {"format": {"type": "string"}, "content": _OBJECT},
        },
        StoredMeasurement,
        _STORING,
        with_id=True,
    ),
    "/report/{report_id}/close": _operation("Close a report", {}, StoredMeasurement, {}, with_id=True),
    "/api/v1/submit_measurement": _operation(
        "Submit one measurement, with or without an anonymous credential",
        {"$ref": "#/components/schemas/SubmitMeasurement"},
        SubmittedMeasurement,
        _STORING | {"422": "A field is missing or of the wrong type"},
    ),
}
DOCUMENTED_MODELS = (OpenedReport, StoredMeasurement, SubmitMeasurement, SubmittedMeasurement)
