"""Who sees which findings, and who may change them (management contract 2.2 to 2.4)."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from oonib.accounts import Session
from oonib.accounts.identity import normal_address
from oonib.errors import BadRequest, Forbidden, NotFound, Taken
from oonib.findings import slugs
from oonib.findings.schema import (
    ChangedFinding,
    DeletedFinding,
    FindingFields,
    FindingFilters,
    NewFinding,
)
from oonib.findings.store import FILTERED, Edit, FindingStore, Row, SlugTaken
from oonib.records import Conflict
from oonib.records.values import shown, whole_seconds

_COLUMNS = {"CCs": "country_codes", "ASNs": "asns"}
"""Keys of answers whose columns are called differently."""

_PLAIN = (
    "id", "slug", "title", "short_description", "reported_by", "event_type", "published",
    "domains", "tags", "links", "test_names", "themes",
)  # fmt: skip
_AS_THEY_ARE = [*((key, key) for key in _PLAIN), *_COLUMNS.items()]
_NOT_FOUND = "OONI Finding not found"
_ATTEMPTS = 12


class FindingsService:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict` where somebody was faster.

    `version` of those that write: the version that the caller saw, or None for whatever is there now.
    """

    def __init__(
        self, store: FindingStore, *, clock: Callable[[], datetime], next_id: Callable[[], int]
    ) -> None:
        self._store = store
        self._clock = clock
        self._next_id = next_id

    def search(self, filters: FindingFilters, caller: Session | None) -> list[dict[str, Any]]:
        """What the caller may see of the findings that fit, without texts, the latest first."""
        if filters.only_mine and caller is None:
            return []
        rows = self._store.search(
            {kind: [str(one) for one in getattr(filters, kind)] for kind in FILTERED},
            drafts=caller is not None,
            creator=caller.account_id if caller is not None and filters.only_mine else None,
        )
        return [_shown(row, caller) for row in rows]

    def state(self) -> int:
        """A number that is another after each change of a finding."""
        return self._store.state()

    def show(self, key: str, caller: Session | None) -> tuple[dict[str, Any], int]:
        """A finding by its id or a slug, and its version. Raises `NotFound`, also for hidden drafts."""
        row = self._store.find(key)
        if row is None or not (row["published"] or caller is not None):
            raise NotFound(_NOT_FOUND)
        return {**_shown(row, caller), "text": row["text"]}, row["version"]

    def create(self, asked: NewFinding, caller: Session) -> str:
        """The id of a new finding. Raises `BadRequest` for somebody else's address, `Taken`."""
        if not _is_address_of(caller, asked.email_address):
            raise BadRequest("Invalid email address for creator account")
        now = whole_seconds(self._clock())
        row = {
            **_row(asked),
            "id": str(self._next_id()),
            "version": 1,
            "deleted": False,
            "creator_account_id": caller.account_id,
            "create_time": now,
            "update_time": now,
        }
        base = slugs.generated(asked.title, now.year)
        for attempt in range(_ATTEMPTS):
            try:
                self._store.create(caller.account_id, row, asked.slug, base)
            except SlugTaken:
                raise Taken("Another finding has that slug") from None
            except Conflict:
                # Of those that took the same slug at once, all but one look for the next.
                if attempt == _ATTEMPTS - 1:
                    raise
            else:
                break
        return str(row["id"])

    def update(self, asked: ChangedFinding, caller: Session, version: int | None = None) -> str:
        """Put all fields in the place of what was. Raises `Forbidden`, `NotFound`, `Taken`."""
        if caller.role != "admin":
            _require_address(caller, asked.email_address)
            if asked.published:
                raise Forbidden("You are not allowed to publish")
        edit = self._edit(asked.id, caller, version)
        try:
            self._store.change(edit, _row(asked), asked.slug)
        except SlugTaken:
            raise Taken("Another finding has that slug") from None
        return edit.id

    def delete(self, asked: DeletedFinding, caller: Session, version: int | None = None) -> None:
        """Remove a finding for good. Raises `Forbidden`, `NotFound`."""
        if caller.role != "admin":
            _require_address(caller, asked.email_address)
        self._store.delete(self._edit(asked.id, caller, version))

    def publish(self, key: str, caller: Session, *, published: bool, version: int | None = None) -> str:
        """Show a finding to everybody, or no longer. Raises `NotFound`."""
        edit = self._edit(key, caller, version)
        self._store.publish(edit, published=published)
        return edit.id

    def _edit(self, key: str, caller: Session, version: int | None) -> Edit:
        row = self._store.find(key) if slugs.is_id(key) else None
        if row is None or (caller.role != "admin" and row["creator_account_id"] != caller.account_id):
            raise NotFound(_NOT_FOUND)
        if version not in (None, row["version"]):
            raise Conflict("the finding was changed since it was loaded")
        return Edit(caller.account_id, whole_seconds(self._clock()), row["id"], row["version"])


def _is_address_of(caller: Session, address: str) -> bool:
    return bool(caller.address) and normal_address(caller.address) == normal_address(address)


def _require_address(caller: Session, address: str) -> None:
    if not _is_address_of(caller, address):
        raise Forbidden("Invalid email address for creator account")


def _row(asked: FindingFields) -> dict[str, Any]:
    given = asked.model_dump(exclude={"id", "slug"})
    return {_COLUMNS.get(key, key): value for key, value in given.items()}


def _shown(row: Row, caller: Session | None) -> dict[str, Any]:
    """Without text. No caller but an admin ever learns who wrote it."""
    seen: dict[str, Any] = {key: row[column] for key, column in _AS_THEY_ARE}
    for key in ("start_time", "create_time", "update_time"):
        seen[key] = shown(row[key])
    end = row["end_time"]
    seen["end_time"] = None if end is None else shown(end)
    seen["email_address"] = row["email_address"] if caller is not None and caller.role == "admin" else ""
    seen["creator_account_id"] = ""
    seen["mine"] = caller is not None and caller.account_id == row["creator_account_id"]
    return seen
