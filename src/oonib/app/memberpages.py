"""The pages of what people log in for, put together."""

from fastapi import APIRouter

from oonib.app.managing import Managing
from oonib.app.shared import Shared
from oonib.web.findings import FindingPages
from oonib.web.findings import routes as finding_routes
from oonib.web.frame.routes import Desk
from oonib.web.lists import ListPages
from oonib.web.lists import routes as list_routes
from oonib.web.members import routes as member_routes
from oonib.web.members.service import Belongings, MemberService
from oonib.web.priorities import PriorityPages
from oonib.web.priorities import routes as priority_routes
from oonib.web.runs import RunPages
from oonib.web.runs import routes as run_routes


def router(shared: Shared, desk: Desk, managed: Managing) -> APIRouter:
    """Accounts, findings, OONI Run links, test lists, priorities."""
    settings, accounts, published = shared.settings, managed.accounts, managed.publishing
    mailing = member_routes.Mailing(
        accounts.links,
        settings.public_url,
        accounts.network_of,
        shared.is_local,
        settings.data_dir / "mail" if settings.mail_backend == "file" else None,
    )
    belongings = Belongings(
        accounts.sessions,
        accounts.administration,
        accounts.api_tokens,
        published.findings,
        published.links,
        managed.editing.test_lists,
    )
    rules = PriorityPages(managed.editing.priorities, managed.prioritisation)
    pages = APIRouter()
    for part in (
        member_routes.router(desk, MemberService(belongings), accounts.sessions, mailing),
        finding_routes.router(desk, FindingPages(published.findings)),
        run_routes.router(desk, RunPages(published.links, base_url=settings.public_url)),
        list_routes.router(desk, ListPages(managed.editing.test_lists)),
        priority_routes.router(desk, rules),
    ):
        pages.routes.extend(part.routes)
    return pages
