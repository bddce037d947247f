"""What the first cut does with descriptors (management contract 3.6)."""

from collections.abc import Callable, Collection, Mapping
from datetime import UTC, datetime
from typing import Any

import orjson

from oonib.accounts import Session
from oonib.errors import BadRequest, domain_error
from oonib.oonirun.legacy.store import LegacyStore
from oonib.records.values import shown

_TIME_FORMAT = "%Y-%m-%dT%H:%M:%S.%fZ"
_TEXTS = ("name", "author", "short_description", "icon")
_OF_A_VERSION = ("nettests", "author", "icon")
_LISTED = ("archived", "author", "icon", "name", "ooni_run_link_id", "short_description")
_TIMES = ("descriptor_creation_time", "translation_creation_time")
_NOT_FOUND = "oonirun descriptor not found"


class LegacyService:
    """Every method raises `RecordsUnavailable`; those that write also `Conflict`."""

    def __init__(
        self, store: LegacyStore, *, clock: Callable[[], datetime], next_id: Callable[[], int]
    ) -> None:
        self._store = store
        self._clock = clock
        self._next_id = next_id

    def create(self, descriptor: Mapping[str, Any], caller: Session, link_id: int | None) -> int:
        """The id of a new link, or `link_id` with its descriptor changed. Raises `BadRequest`."""
        _check(descriptor)
        now = self._clock()
        now = now.replace(microsecond=now.microsecond // 1000 * 1000)
        row = {
            **{key: descriptor.get(key, "") for key in _TEXTS},
            "ooni_run_link_id": self._next_id() if link_id is None else link_id,
            "descriptor_creation_time": now,
            "translation_creation_time": now,
            "creator_account_id": caller.account_id,
            "archived": False,
            "descriptor": orjson.dumps(descriptor).decode(),
        }
        before = None if link_id is None else self._store.newest(link_id, creator=caller.account_id)
        if link_id is not None and before is None:
            raise BadRequest("OONIRun descriptor not found")
        if before is None or _is_new_version(orjson.loads(before["descriptor"]), descriptor):
            self._store.add(row)
        else:
            self._store.replace({**row, _TIMES[0]: before[_TIMES[0]]})
        return int(row["ooni_run_link_id"])

    def archive(self, link_id: int, caller: Session) -> None:
        """Hide a link from lists; only versions of the caller's own, unless that is an admin."""
        self._store.archive(link_id, None if caller.role == "admin" else caller.account_id)

    def fetch(self, link_id: int, creation_time: str | None, caller: Session | None) -> dict[str, Any]:
        """A version, by default the newest. Raises `BadRequest`, also where there is none."""
        created = None if creation_time is None else _moment(creation_time)
        row = self._store.newest(link_id, created=created)
        if row is None:
            raise BadRequest(_NOT_FOUND)
        return {
            **{key: shown(row[key]) for key in _TIMES},
            "archived": row["archived"],
            "descriptor": orjson.loads(row["descriptor"]),
            "mine": _is_of(caller, row["creator_account_id"]),
            "v": 1,
        }

    def versions(
        self, caller: Session | None, *, links: Collection[int], mine: bool, archived: bool, latest: bool
    ) -> list[dict[str, Any]]:
        """Every version, or the latest of each link; the oldest first."""
        if mine and caller is None:
            return []
        rows = self._store.versions(
            links=links,
            creator=caller.account_id if caller is not None and mine else None,
            archived=archived,
            only_latest=latest,
        )
        return [
            {
                **{key: row[key] for key in _LISTED},
                **{key: shown(row[key]) for key in _TIMES},
                "mine": _is_of(caller, row["creator_account_id"]),
            }
            for row in rows
        ]


def _check(descriptor: Mapping[str, Any]) -> None:
    if not descriptor.get("name"):
        raise BadRequest("'name' field must not be empty")
    if any(not isinstance(descriptor.get(key, ""), str) for key in _TEXTS):
        raise BadRequest(f"{', '.join(_TEXTS)} are texts")
    for key, value in descriptor.items():
        if key.endswith("_intl") and isinstance(value, dict) and "" in value.values():
            problem = f"'{key}' holds an empty translation"
            raise domain_error(BadRequest, problem, "err_empty_translation_field")


def _is_new_version(before: Mapping[str, Any], after: Mapping[str, Any]) -> bool:
    return any(before.get(key) != after.get(key) for key in _OF_A_VERSION)


def _is_of(caller: Session | None, account_id: str) -> bool:
    return caller is not None and caller.account_id == account_id


def _moment(text: str) -> datetime:
    try:
        return datetime.strptime(text, _TIME_FORMAT).replace(tzinfo=UTC)
    except ValueError:
        raise BadRequest("creation_time: not like 2023-06-02T12:33:43.123Z") from None
