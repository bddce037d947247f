"""What the pages of OONI Run links say, and edits of links."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from oonib.accounts import Session
from oonib.oonirun import OoniRunService
from oonib.oonirun.schema import LinkFilters
from oonib.records import Conflict
from oonib.web.editing.paging import paged
from oonib.web.runs.filling import Filled, again, of_link, state_of

SIZE = 30
PATH = "/runs"
_SHARED = "https://run.ooni.org/v2/"
_PAST = timedelta(minutes=1)
_TOLD = ("oonirun_link_id", "name", "name_intl", "short_description", "short_description_intl", "author",
         "revision", "date_created", "expiration_date", "is_expired", "is_mine")  # fmt: skip


class RunPages:
    """Over the service of links; raises what that raises. `base_url`: this backend's."""

    def __init__(self, links: OoniRunService, *, base_url: str) -> None:
        self._links = links
        self._base_url = base_url

    def listed(
        self, caller: Session | None, *, mine: bool, expired: bool, query: str, page: int
    ) -> dict[str, Any]:
        """The newest links first."""
        found = self._links.links(LinkFilters(is_mine=mine, is_expired=expired), caller)
        word = query.casefold()
        fitting = [one for one in reversed(found) if not word or _mentions(one, word)]
        here = paged(fitting, page, SIZE)
        links = [
            {
                **{name: one[name] for name in _TOLD},
                "test_names": [test["test_name"] for test in one["nettests"]],
            }
            for one in here.items
        ]
        return {"links": links, "total": here.total, "page": here.page, "pages": here.pages}

    def one(self, link_id: str, caller: Session | None, revision: str = "latest") -> dict[str, Any]:
        """A link with the nettests of a revision. Raises `NotFound`, `Invalid`."""
        return self._links.link(link_id, caller, revision)

    def revisions(self, link_id: str) -> list[str]:
        """The numbers of its revisions, the newest first. Raises `NotFound`."""
        return self._links.revisions(link_id)

    def addresses(self, link: Mapping[str, Any]) -> dict[str, str]:
        """Under which addresses a link is opened: here, by the app, by the command line."""
        link_id = link["oonirun_link_id"]
        api = f"{self._base_url}/api/v2/oonirun/links/{link_id}"
        return {
            "page": f"{self._base_url}{PATH}/{link_id}",
            "app": f"ooni://runv2/{link_id}",
            "shared": f"{_SHARED}{link_id}",
            "descriptor": f"{api}/full-descriptor/latest",
            "engine": f"{api}/engine-descriptor/latest",
        }

    def create(self, filled: Filled, caller: Session) -> str:
        """The id of a new link."""
        made = self._links.create(filled.link(None), caller)
        return str(made["oonirun_link_id"])

    def save(self, link_id: str, filled: Filled, caller: Session) -> bool:
        """Put what was typed in the place of what was loaded; whether that made a new revision.

        Raises `Conflict` where somebody was faster.
        """
        before = self.one(link_id, caller)
        if filled.seen != state_of(before):
            raise Conflict
        after = self._links.edit(link_id, filled.link(before), caller)
        return bool(after["revision"] != before["revision"])

    def archive(self, link_id: str, caller: Session) -> None:
        """Let a link expire now."""
        before = self.one(link_id, caller)
        self._links.edit(link_id, again(before, expiration_date=datetime.now(UTC) - _PAST), caller)

    def elsewhere(self, link_id: str, filled: Filled, caller: Session) -> tuple[Filled, list[dict[str, str]]]:
        """What was typed, on the link of now; what is different there."""
        there = of_link(self.one(link_id, caller))
        changed = [
            {"name": name, "now": there.values[name]}
            for name in filled.values
            if filled.values[name] != there.values[name]
        ]
        if list(filled.steps) != list(there.steps):
            lines = (f"{step.test_name}\n{step.inputs}".strip() for step in there.steps)
            changed.append({"name": "nettests", "now": "\n\n".join(lines)})
        return Filled(filled.values, filled.steps, there.seen), changed


def may_edit(link: Mapping[str, Any], caller: Session | None) -> bool:
    """Whether somebody may change a link: its author, and admins, until it expires."""
    return caller is not None and not link["is_expired"] and (caller.role == "admin" or bool(link["is_mine"]))


def _mentions(link: Mapping[str, Any], word: str) -> bool:
    return any(word in link[name].casefold() for name in ("name", "short_description", "author"))
