"""HTTP side of roles and of ending sessions, for admins (management contract 1.11)."""

from fastapi import APIRouter, Request

from oonib.accounts.addresses import BadAddress, checked_address
from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller
from oonib.accounts.schema import Empty, Role, SetRole, Whose
from oonib.accounts.service import Administration
from oonib.errors import BadRequest

ROLES = ("user", "admin")
_STATUSES = problems(
    s400="No such account, not an address, or not a role",
    s401="Whoever asks is no admin",
    s503="The database is away: try again",
)
_CHANGED = problems(s409="Somebody else changed it just now")


def router(guard: Guard, administration: Administration) -> APIRouter:
    """The endpoints of administrators."""
    routes = guard.for_admins(tags=["accounts"], responses=_STATUSES)

    @routes.get("/api/v1/get_account_role/{email_address}", summary="The role that was given to an address")
    def role(email_address: str) -> Role:
        """400 where none was ever given."""
        found = administration.role(_checked(email_address))
        if found is None:
            raise BadRequest("Account not found")
        return Role(role=found)

    @routes.post("/api/v1/set_account_role", summary="Give a role to an address", responses=_CHANGED)
    def set_role(request: Request, asked: SetRole) -> Empty:
        """It need not have logged in yet. A role that is taken away ends the sessions that have it."""
        address = _checked(asked.email_address)
        wanted = asked.role.strip().lower()
        if wanted not in ROLES:
            raise BadRequest("Invalid role")
        administration.set_role(address, wanted, caller(request).account_id)
        return Empty()

    @routes.post("/api/v1/set_session_expunge", summary="Log an address out everywhere", responses=_CHANGED)
    def expunge(request: Request, asked: Whose) -> Empty:
        """Ends sessions, login links and API tokens that began before now."""
        administration.expunge(_checked(asked.email_address), caller(request).account_id)
        return Empty()

    return routes


def _checked(text: str) -> str:
    try:
        return checked_address(text)
    except BadAddress:
        raise BadRequest("Invalid email address") from None
