"""What people edit together, put together: priorities, what they say of measurements, test lists."""

from collections.abc import Callable

from fastapi import APIRouter

from oonib.accounts.guard.routes import Guard
from oonib.app.shared import Shared
from oonib.checkin.prioritisation import Prioritisation
from oonib.editorial import now
from oonib.errors import Unavailable
from oonib.feedback import routes as feedback_routes
from oonib.feedback.service import FeedbackService
from oonib.feedback.store import FeedbackStore
from oonib.priorities import RuleStore
from oonib.priorities import routes as priority_routes
from oonib.priorities.service import PriorityService
from oonib.settings import BadSettings, Settings
from oonib.testlists import TestListService
from oonib.testlists import routes as testlist_routes
from oonib.testlists.clone import Clone
from oonib.testlists.git import Git
from oonib.testlists.github import GitHub
from oonib.testlists.remotes import Remote
from oonib.testlists.service import Outlet
from oonib.testlists.store import SubmissionStore
from oonib.testlists.workplace import Workplace


def router(shared: Shared, guard: Guard, prioritisation: Prioritisation) -> APIRouter:
    """The routes for those who are logged in, and the lists that everybody may read."""
    priorities = PriorityService(RuleStore(shared.records), changed=prioritisation.rules_changed, clock=now)
    feedback = FeedbackService(FeedbackStore(shared.records), clock=now)
    editing = APIRouter()
    editing.routes.extend(priority_routes.router(priorities, guard).routes)
    editing.routes.extend(feedback_routes.router(feedback, guard).routes)
    editing.routes.extend(testlist_routes.router(_test_lists(shared), guard).routes)
    return editing


def _test_lists(shared: Shared) -> Callable[[], TestListService]:
    settings = shared.settings
    if not settings.test_lists_origin:

        def none() -> TestListService:
            raise Unavailable("Test lists cannot be edited here: test_lists_origin is not set")

        return none
    origin = _remote(settings, "test_lists_origin")
    missing = " and ".join(
        name for name in ("test_lists_push", "github_user", "github_token") if not getattr(settings, name)
    )
    push = _remote(settings, "test_lists_push") if settings.test_lists_push else None
    token = settings.github_token.get_secret_value()
    outlet = None
    if push is not None and not missing:
        github = GitHub(settings.github_api_url, settings.github_user, token, origin, push)
        shared.at_end.append(github.close_client)
        outlet = Outlet(push, github)
    folder = settings.data_dir.absolute() / "testlists"
    clone = Clone(folder, origin, Git(folder, settings.github_user, token, push))
    service = TestListService(
        SubmissionStore(shared.records), Workplace(folder, clone), outlet, missing=missing, clock=now
    )
    return lambda: service


def _remote(settings: Settings, name: str) -> Remote:
    try:
        return Remote.parse(getattr(settings, name))
    except ValueError as exc:
        raise BadSettings(f"{name}: {exc}") from None
