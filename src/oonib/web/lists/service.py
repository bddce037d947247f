"""What the pages of test lists say, and changes of entries. All of it is an account's own view."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

from oonib.accounts import Session
from oonib.errors import NotFound, OonibError
from oonib.testlists import TestListService
from oonib.testlists.changes import Edit
from oonib.testlists.entries import GLOBAL, Entry, country
from oonib.testlists.schema import ListEntry
from oonib.web.editing.paging import paged
from oonib.web.editing.problems import known
from oonib.web.frame.forms import Form

SIZE = 100
PATH = "/lists"
FIELDS = ("url", "category_code", "date_added", "source", "notes")


@dataclass(frozen=True, slots=True)
class Asked:
    """Which entries of a list. `query` is looked for in URLs, notes and sources."""

    query: str = ""
    category: str = ""
    page: int = 1


class ListPages:
    """`lists` raises `Unavailable` where no lists are configured."""

    def __init__(self, lists: Callable[[], TestListService]) -> None:
        self._lists = lists

    def standing(self, caller: Session | None) -> dict[str, Any]:
        """Where somebody stands. `problem`: why lists cannot be edited here; nobody's is empty."""
        try:
            lists = self._lists()
        except OonibError as exc:
            return {"state": None, "edits": [], "pr_url": None, "problem": known(exc.message)}
        if caller is None:
            return {"state": None, "edits": [], "pr_url": None, "problem": None}
        where = lists.standing(caller.account_id)
        return {**_told(where.submission.state, where.submission.edits, where.pr_url), "problem": None}

    def listed(self, cc: str, asked: Asked, caller: Session) -> dict[str, Any]:
        """A list as it will be with one's own changes, these, and where they stand.

        Raises `NotFound` for what is no list, `BadRequest`, `Unavailable`.
        """
        found = self._lists().list(caller.account_id, cc)
        if found.entries is None:
            raise NotFound(f"There is no test list for {cc}")
        word = asked.query.casefold()
        fitting = [
            one
            for one in found.entries
            if (not asked.category or one.category_code == asked.category)
            and (not word or word in f"{one.url}\n{one.source}\n{one.notes}".casefold())
        ]
        here = paged(fitting, asked.page, SIZE)
        return {
            "cc": country(cc),
            "entries": [asdict(one) for one in here.items],
            "total": here.total,
            "all": len(found.entries),
            "page": here.page,
            "pages": here.pages,
            "categories": sorted({one.category_code for one in found.entries}),
            **_told(found.submission.state, found.submission.edits, found.pr_url),
        }

    def entry(self, cc: str, url: str, caller: Session) -> Entry:
        """The entry of a URL. Raises `NotFound`, and what `listed` does."""
        found = self._lists().list(caller.account_id, cc).entries or []
        entry = next((one for one in found if one.url == url), None)
        if entry is None:
            raise NotFound("That URL is not in this list any more")
        return entry

    def propose(self, cc: str, old: Entry | None, new: Entry | None, comment: str, caller: Session) -> None:
        """Add, change or delete an entry."""
        self._lists().update(caller.account_id, cc, old, new, comment)

    def take_back(self, number: int, caller: Session) -> None:
        """Do the opposite of one of the changes. Raises `NotFound`."""
        edits = self._lists().standing(caller.account_id).submission.edits
        if not 0 <= number < len(edits):
            raise NotFound("There is no such change")
        edit = edits[number]
        self._lists().update(caller.account_id, edit.cc, edit.new, edit.old, edit.comment)

    def submit(self, caller: Session) -> None:
        """Propose one's changes as a pull request."""
        self._lists().submit(caller.account_id)


def checked(cc: str) -> str:
    """The name of a list. Raises `NotFound`."""
    try:
        return country(cc)
    except OonibError:
        raise NotFound("A test list is named by a country's two letters, or global") from None


def entry_of(form: Form, prefix: str) -> Entry | None:
    """An entry in a form; None where its URL is empty. Raises pydantic's `ValidationError`."""
    values = values_of(form, prefix)
    return ListEntry.model_validate(values).entry() if values["url"] else None


def values_of(form: Form, prefix: str) -> dict[str, str]:
    """The fields of an entry as they were typed."""
    return {name: form.get(prefix + name) for name in FIELDS}


def blank() -> dict[str, str]:
    """The fields of a new entry."""
    return {**dict.fromkeys(FIELDS, ""), "date_added": datetime.now(UTC).date().isoformat()}


def with_path(url: str) -> str:
    """A URL as lists have it: one without a path gets a slash."""
    host = url.partition("://")[2]
    return f"{url}/" if host and not set("/?#") & set(host) else url


def _told(state: str, edits: tuple[Edit, ...], pr_url: str | None) -> dict[str, Any]:
    return {"state": state, "edits": [_edit(one) for one in edits], "pr_url": pr_url}


def _edit(edit: Edit) -> dict[str, Any]:
    old, new = (None if one is None else asdict(one) for one in (edit.old, edit.new))
    return {"cc": edit.cc, "list": "" if edit.cc == GLOBAL else edit.cc.upper(), "old": old, "new": new,
            "comment": edit.comment}  # fmt: skip
