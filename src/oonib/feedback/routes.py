"""What people say of measurements, over HTTP (management contract 5)."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller, caller_if_any
from oonib.feedback.schema import Given, Summary, Taken
from oonib.feedback.service import FeedbackService

_PREFIX = "/api/_/measurement_feedback"
_AWAY = problems(s503="The database is away: try again")
_REFUSED = problems(s400="There is no such status", s401="Nobody is logged in")


def router(service: FeedbackService, guard: Guard) -> APIRouter:
    """The routes over `service`."""
    public = guard.for_anybody(prefix=_PREFIX, tags=["feedback"], responses=_AWAY)
    users = guard.for_users(prefix=_PREFIX, tags=["feedback"], responses=_AWAY | _REFUSED)

    @public.get("/{measurement_uid}", response_model_exclude_none=True)
    def summary(request: Request, measurement_uid: Annotated[str, Path()]) -> Summary:
        """How often each status was given to a measurement; of a measurement that nobody knows, none."""
        session = caller_if_any(request)
        counts, own = service.summary(measurement_uid, None if session is None else session.account_id)
        return Summary(summary=counts, user_feedback=own)

    @users.post("")
    def give(request: Request, asked: Given) -> Taken:
        """Say what a measurement shows. One verdict for each account: a new one replaces the old."""
        service.give(asked.measurement_uid, asked.status, caller(request).account_id)
        return Taken()

    routes = APIRouter()
    routes.routes.extend(public.routes)
    routes.routes.extend(users.routes)
    return routes
