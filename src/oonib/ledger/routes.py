"""The ledger over HTTP: `GET /api/v1/ledger`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query, Response

from oonib.ledger.schema import Ledger, as_csv
from oonib.ledger.service import MOST_HOURS, PATH, LedgerService

_CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "The hours, the latest first.",
        "content": {"text/csv": {"schema": {"type": "string"}}},
    },
}


def router(service: LedgerService) -> APIRouter:
    """The endpoint."""
    routes = APIRouter(tags=["operations"])

    @routes.get(
        PATH,
        response_model=Ledger,
        responses=_CSV,
        summary="What became of the measurements that this host accepted, by hour",
    )
    def ledger(
        since: Annotated[
            str, Query(max_length=40, description="First hour, UTC: `2026-03-02T10:00:00Z` or a day.")
        ] = "",
        until: Annotated[str, Query(max_length=40, description="Hour or day to end before.")] = "",
        limit: Annotated[int, Query(ge=1, le=MOST_HOURS, description="Hours on a page.")] = 24,
        format: Annotated[  # noqa: A002 - the same name everywhere
            Literal["json", "csv"], Query(description="`csv` for a table.")
        ] = "json",
    ) -> Response:
        """Per hour, accepted = scored + rejected + dead letters + in flight.

        Each host tells of its own spool: `collector_id` says which. The page before is at `next_url`, and in
        the header field `Link`.
        """
        found = service.page(since, until, limit)
        headers = {"Cache-Control": "no-cache"}
        if found.metadata.next_url:
            headers["Link"] = f'<{found.metadata.next_url}>; rel="next"'
        if format == "csv":
            return Response(as_csv(found), media_type="text/csv; charset=utf-8", headers=headers)
        return Response(found.model_dump_json(), media_type="application/json", headers=headers)

    return routes
