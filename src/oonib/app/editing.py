"""What people edit together, put together: priorities, what they say of measurements, test lists."""

from collections.abc import Callable
from dataclasses import dataclass

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


@dataclass(frozen=True, slots=True)
class Editing:
    """What people edit together. `test_lists` raises `Unavailable` where none are configured."""

    priorities: PriorityService
    feedback: FeedbackService
    test_lists: Callable[[], TestListService]


def open_editing(shared: Shared, prioritisation: Prioritisation) -> Editing:
    """Priorities, feedback, test lists."""
    return Editing(
        PriorityService(RuleStore(shared.records), changed=prioritisation.rules_changed, clock=now),
        FeedbackService(FeedbackStore(shared.records), clock=now),
        _test_lists(shared),
    )


def router(guard: Guard, services: Editing) -> APIRouter:
    """The routes for those who are logged in, and the lists that everybody may read."""
    editing = APIRouter()
    for part in (
        priority_routes.router(services.priorities, guard),
        feedback_routes.router(services.feedback, guard),
        testlist_routes.router(services.test_lists, guard),
    ):
        editing.routes.extend(part.routes)
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
