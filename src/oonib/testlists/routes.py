"""Test-list editing over HTTP (management contract 4.2 to 4.4)."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Annotated

import orjson
from fastapi import APIRouter, Path, Request
from fastapi.responses import Response

from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller
from oonib.testlists import changes
from oonib.testlists.schema import CountryList, Submitted, UpdatedEntry, UrlChange
from oonib.testlists.service import TestListService

_ANSWERS = problems(
    s400="Not a list, an entry that does not fit, or one that is there no longer; `err_str` says which",
    s401="Nobody is logged in",
    s409="Somebody else was faster",
    s500="It did not work; try again",
    s503="Upstream cannot be fetched, another request is under way, or a setting is missing",
)


def router(service: Callable[[], TestListService], guard: Guard) -> APIRouter:
    """The routes over `service`, which raises `Unavailable` where none is configured."""
    users = guard.for_users(tags=["test lists"], responses=_ANSWERS)

    @users.get("/api/_/url-submission/test-list/{country_code}", response_model=CountryList)
    def list_entries(
        request: Request, country_code: Annotated[str, Path(description="Two letters, or `global`.")]
    ) -> Response:
        """A test list as it will be with one's own edits, all these edits, and where they stand."""
        found = service().list(caller(request).account_id, country_code)
        rows = None if found.entries is None else [asdict(one) for one in found.entries]
        answer: dict[str, object] = {
            "test_list": rows,
            "changes": changes.shown(found.submission.edits),
            "state": found.submission.state,
            "pr_url": found.pr_url,
        }
        return _answer(answer)

    @users.post("/api/v1/url-submission/update-url", response_model=UpdatedEntry)
    def update_url(request: Request, asked: UrlChange) -> Response:
        """Add, edit or delete an entry. A pull request that is open is closed first."""
        old, new = (None if one is None else one.entry() for one in (asked.old_entry, asked.new_entry))
        service().update(caller(request).account_id, asked.country_code, old, new, asked.comment)
        updated = None if new is None else {**asdict(new), "category_description": new.description}
        return _answer({"updated_entry": updated})

    @users.post("/api/v1/url-submission/submit")
    def submit(request: Request) -> Submitted:
        """Propose one's edits as a pull request."""
        return Submitted(pr_id=service().submit(caller(request).account_id))

    return users


def _answer(body: dict[str, object]) -> Response:
    headers = {"Cache-Control": "no-cache"}
    return Response(orjson.dumps(body), media_type="application/json", headers=headers)
