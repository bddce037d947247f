"""What a member's page says. Parts that are away are None, and the rest is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from oonib.accounts import Session
from oonib.accounts.apitokens import ApiTokens
from oonib.accounts.service import Administration, Sessions
from oonib.errors import OonibError
from oonib.findings import FindingsService
from oonib.findings.schema import FindingFilters
from oonib.oonirun import OoniRunService
from oonib.oonirun.schema import LinkFilters
from oonib.records import RecordsUnavailable
from oonib.records.values import shown
from oonib.testlists import TestListService

_Found = TypeVar("_Found")


@dataclass(frozen=True, slots=True)
class Belongings:
    """Where the things of members are."""

    sessions: Sessions
    administration: Administration
    api_tokens: ApiTokens
    findings: FindingsService
    links: OoniRunService
    test_lists: Callable[[], TestListService]


class MemberService:
    """Gathers a member's page."""

    def __init__(self, belongings: Belongings) -> None:
        self._of = belongings

    def page(self, session: Session) -> dict[str, Any]:
        """All that is somebody's."""
        return {
            "address": session.address,
            "role": session.role,
            "account_id": session.account_id,
            "until": shown(self._of.sessions.end(session).replace(microsecond=0)),
            "api_tokens": _part(lambda: self._tokens(session)),
            "findings": _part(lambda: self._findings(session)),
            "links": _part(lambda: self._links(session)),
            "test_lists": _part(lambda: self._changes(session)),
        }

    def make_token(self, session: Session, name: str) -> tuple[str, str]:
        """A new API token: itself, which nobody will see again, and its name."""
        made = self._of.api_tokens.create(session.account_id, name)
        return made.token, made.kept.name

    def revoke_token(self, session: Session, identifier: str) -> None:
        """End an API token. Raises `NotFound`."""
        self._of.api_tokens.revoke(session.account_id, identifier)

    def end_everything(self, session: Session) -> None:
        """End all sessions, login links and API tokens of a member."""
        self._of.administration.expunge(session.address, session.account_id)

    def _tokens(self, session: Session) -> list[dict[str, str]]:
        return [
            {"id": one.digest, "name": one.name, "create_time": shown(one.create_time)}
            for one in self._of.api_tokens.of_account(session.account_id)
        ]

    def _findings(self, session: Session) -> list[dict[str, Any]]:
        found = self._of.findings.search(FindingFilters(only_mine=True), session)
        kept = ("id", "slug", "title", "published", "start_time", "update_time")
        return [{key: one[key] for key in kept} for one in found]

    def _links(self, session: Session) -> list[dict[str, Any]]:
        found = self._of.links.links(LinkFilters(is_mine=True, is_expired=True), session)
        kept = ("oonirun_link_id", "name", "revision", "is_expired", "expiration_date")
        return [{key: one[key] for key in kept} for one in reversed(found)]

    def _changes(self, session: Session) -> dict[str, Any]:
        where = self._of.test_lists().standing(session.account_id)
        return {
            "state": where.submission.state,
            "changes": len(where.submission.edits),
            "pr_url": where.pr_url,
        }


def _part(load: Callable[[], _Found]) -> _Found | None:
    try:
        return load()
    except (OonibError, RecordsUnavailable):
        return None
