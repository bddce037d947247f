"""Rules of priority over HTTP (management contract 4.7)."""

from dataclasses import asdict

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import Response

from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller
from oonib.checkin.schema import PriorityRules
from oonib.priorities.schema import RuleChange
from oonib.priorities.service import PriorityService

_PREFIX = "/api/_/url-priorities"
_AWAY = problems(s503="The database is away: try again")
_REFUSED = problems(
    s400="Nothing is proposed, or there is a rule for the same already",
    s401="Whoever asks is no admin",
    s404="There is no such rule",
    s409="Somebody else was faster",
)


def router(service: PriorityService, guard: Guard) -> APIRouter:
    """The routes over `service`."""
    public = guard.for_anybody(prefix=_PREFIX, tags=["priorities"], responses=_AWAY)
    admins = guard.for_admins(prefix=_PREFIX, tags=["priorities"], responses=_AWAY | _REFUSED)

    @public.get("/list", response_model=PriorityRules)
    def list_url_priorities() -> Response:
        """The rules that people made, in the order of their five fields."""
        rules = {"rules": [asdict(rule) for rule in service.rules()]}
        headers = {"Cache-Control": "max-age=1"}
        return Response(orjson.dumps(rules), media_type="application/json", headers=headers)

    @admins.post("/update")
    def update_url_priorities(request: Request, asked: RuleChange) -> int:
        """Add, remove or replace a rule, for admins. Probes that check in from now on get what follows.

        Replacing and removing name the old rule with its priority. The answer is the number 1.
        """
        old, new = asked.rules()
        service.update(old, new, caller(request).account_id)
        return 1

    routes = APIRouter()
    routes.routes.extend(public.routes)
    routes.routes.extend(admins.routes)
    return routes
