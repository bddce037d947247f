"""Who makes and edits links, and what descriptors say (management contract 3.2 to 3.5)."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from oonib.accounts import Session
from oonib.accounts.identity import normal_address
from oonib.errors import BadRequest, Forbidden, Invalid, NotFound
from oonib.oonirun.remembering import Remembered
from oonib.oonirun.schema import LinkFields, LinkFilters, Nettest
from oonib.oonirun.store import Found, LinkStore
from oonib.records import RecordsUnavailable
from oonib.records.values import shown, whole_seconds

_LIFE = timedelta(days=180)
_ID_RE = re.compile(r"[0-9]{1,20}", re.ASCII)
_REVISION_RE = re.compile(r"[0-9]+", re.ASCII)
_LONGEST_REVISION = 9
_AS_THEY_ARE = (
    "name", "short_description", "description", "author", "name_intl", "short_description_intl",
    "description_intl", "icon", "color",
)  # fmt: skip
_NOT_FOUND = "OONI Run link not found"


class OoniRunService:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`: somebody was faster."""

    def __init__(self, store: LinkStore, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock
        self._remembered = Remembered()

    def create(self, asked: LinkFields, caller: Session) -> dict[str, Any]:
        """A new link. Raises `BadRequest` for somebody else's address, `Invalid`."""
        if not _is_author(asked, caller):
            raise BadRequest("author is not the email address of the account")
        _require_consistent(asked.nettests)
        now = whole_seconds(self._clock())
        row = {**_row(asked, now), "creator_account_id": caller.account_id, "date_created": now}
        return self._shown(self._store.create(row, _rows(asked.nettests)), caller, revised=False)

    def edit(self, link_id: str, asked: LinkFields, caller: Session) -> dict[str, Any]:
        """Put all fields in the place of what was. Raises `Invalid`, `Forbidden`, `NotFound`."""
        _require_consistent(asked.nettests)
        is_admin = caller.role == "admin"
        if not is_admin and not _is_author(asked, caller):
            raise Forbidden("author is not the email address of the account")
        before = self._find(link_id)
        if not is_admin and before.link["creator_account_id"] != caller.account_id:
            raise NotFound(_NOT_FOUND)
        now = self._clock()
        if before.link["expiration_date"] < now:
            raise Forbidden("OONI Run link has expired and cannot be edited")
        changes = _row(asked, whole_seconds(now))
        return self._shown(self._store.change(before, changes, _rows(asked.nettests)), caller, revised=False)

    def links(self, filters: LinkFilters, caller: Session | None) -> list[dict[str, Any]]:
        """Links at their newest revisions, oldest links first."""
        if filters.is_mine and caller is None:
            return []
        found = self._store.links(
            creator=caller.account_id if caller is not None and filters.is_mine else None,
            unexpired_at=None if filters.is_expired else self._clock(),
        )
        return [self._shown(one, caller, revised=False) for one in found]

    def link(self, link_id: str, caller: Session | None, revision: str = "latest") -> dict[str, Any]:
        """A link with the nettests of a revision. Raises `Invalid`, `NotFound`."""
        return self._shown(self._find(link_id, revision), caller, revised=True)

    def revisions(self, link_id: str) -> list[str]:
        """The numbers of all revisions, the newest first. Raises `NotFound`."""
        newest = self._store.newest_revision(link_id) if _ID_RE.fullmatch(link_id) else None
        if newest is None:
            raise NotFound(_NOT_FOUND)
        return [str(number) for number in range(newest, 0, -1)]

    def descriptor(self, link_id: str, revision: str) -> Found:
        """What a probe runs, with inputs left open where the link does. Raises `Invalid`, `NotFound`.

        While the records are away it is what was asked for before, if it was.
        """
        try:
            found = self._find(link_id, revision)
        except RecordsUnavailable:
            remembered = self._remembered.get(link_id, revision)
            if remembered is None:
                raise
            return remembered
        self._remembered.keep(link_id, revision, found)
        return found

    def _find(self, link_id: str, revision: str = "latest") -> Found:
        number = _revision(revision)
        found = self._store.find(link_id, number) if _ID_RE.fullmatch(link_id) else None
        if found is None:
            raise NotFound(_NOT_FOUND)
        return found

    def _shown(self, found: Found, caller: Session | None, *, revised: bool) -> dict[str, Any]:
        link = found.link
        return {
            **{key: link[key] for key in _AS_THEY_ARE},
            "oonirun_link_id": link["id"],
            "revision": str(found.revision),
            "nettests": found.nettests,
            "expiration_date": shown(link["expiration_date"]),
            "date_created": shown(found.revised if revised else link["date_created"]),
            "date_updated": shown(link["date_updated"]),
            "is_expired": link["expiration_date"] < self._clock(),
            "is_mine": caller is not None and caller.account_id == link["creator_account_id"],
        }


def _revision(text: str) -> int | None:
    """None for the latest. Raises `Invalid`, and `NotFound` for more than there can be."""
    if text == "latest":
        return None
    if _REVISION_RE.fullmatch(text) is None:
        raise Invalid("a revision is `latest` or a number")
    if len(text) > _LONGEST_REVISION:
        raise NotFound(_NOT_FOUND)
    return int(text)


def _is_author(asked: LinkFields, caller: Session) -> bool:
    return bool(caller.address) and normal_address(asked.author) == normal_address(caller.address)


def _require_consistent(nettests: Sequence[Nettest]) -> None:
    if any(one.contradicts_itself for one in nettests):
        raise Invalid("a nettest has either targets_name, or inputs and inputs_extra")


def _row(asked: LinkFields, now: datetime) -> dict[str, Any]:
    given = {key: getattr(asked, key) for key in _AS_THEY_ARE}
    return {**given, "expiration_date": asked.expiration_date or now + _LIFE, "date_updated": now}


def _rows(nettests: Sequence[Nettest]) -> list[dict[str, Any]]:
    return [one.model_dump() for one in nettests]
