"""From a row of an old table to rows of ours. Pure; a row that makes no sense raises `BadRow`."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from oonib.records.base import Base
from oonib.records.tables import (
    Account,
    Finding,
    FindingValue,
    MeasurementFeedback,
    OoniRunLegacy,
    SessionExpunge,
    UrlPriority,
)

Row = Mapping[str, Any]

_LARGEST = 2**63 - 1
_MOST_PRIORITY = 2**31 - 1
_NOT_IN_SLUG = re.compile(r"[^0-9a-z-]")
_LISTS = {
    "country_codes": "CCs",
    "asns": "ASNs",
    "domains": "domains",
    "tags": "tags",
    "links": "links",
    "test_names": "test_names",
}
_TEXTS = ("short_description", "text", "reported_by", "event_type", "email_address")
_KINDS = {"country_codes": "country_code", "asns": "asn", "domains": "domain"}


class BadRow(ValueError):
    """Not a row that could have meant anything. Says what is wrong with it."""


def account(row: Row) -> list[Base]:
    """A role."""
    role = _text(row, "role")
    if role not in ("user", "admin"):
        raise BadRow("neither user nor admin")
    return [Account(account_id=_key(row, "account_id"), role=role, update_time=_time(row, "update_time"))]


def expunged(row: Row) -> list[Base]:
    """The end of sessions."""
    return [SessionExpunge(account_id=_key(row, "account_id"), threshold=_time(row, "threshold"))]


def finding(row: Row) -> list[Base]:
    """A finding, and its lists value by value."""
    created = _time(row, "create_time")
    lists = {name: [_plain(one) for one in row[old]] for name, old in _LISTS.items()}
    ended = row.get("end_time")
    identifier, title = _key(row, "id"), _text(row, "title")
    one = Finding(
        id=identifier,
        slug=f"{created.year:04}-{_NOT_IN_SLUG.sub('', title.lower().replace(' ', '-'))}"[:64],
        creator_account_id=_text(row, "creator_account_id"),
        title=title,
        start_time=_time(row, "start_time"),
        end_time=None if ended is None else _moment(ended),
        create_time=created,
        update_time=_time(row, "update_time"),
        published=bool(row["published"]),
        deleted=bool(row.get("deleted", 0)),
        themes=[],
        **{name: _text(row, name) for name in _TEXTS},
        **lists,
    )
    values = {(kind, str(value)) for name, kind in _KINDS.items() for value in lists[name]}
    return [
        one,
        *(FindingValue(finding_id=identifier, kind=kind, value=value) for kind, value in sorted(values)),
    ]


def link(row: Row) -> list[Base]:
    """A version of a descriptor of the first cut of OONI Run."""
    texts = ("creator_account_id", "descriptor", "author", "name", "short_description", "icon")
    return [
        OoniRunLegacy(
            ooni_run_link_id=_number(row, "ooni_run_link_id"),
            descriptor_creation_time=_time(row, "descriptor_creation_time"),
            translation_creation_time=_time(row, "translation_creation_time"),
            archived=bool(row["archived"]),
            **{name: _text(row, name) for name in texts},
        )
    ]


def priority(row: Row) -> list[Base]:
    """A rule. Empty means anything, which is `*` here; countries are upper case."""
    names = ("category_code", "cc", "domain", "url")
    texts = {name: _text(row, name).strip() or "*" for name in names}
    texts["cc"] = texts["cc"].upper()
    return [
        UrlPriority(
            **texts, priority=_number(row, "priority", smallest=-_MOST_PRIORITY, largest=_MOST_PRIORITY)
        )
    ]


def feedback(row: Row) -> list[Base]:
    """What an account says of a measurement."""
    return [
        MeasurementFeedback(
            measurement_uid=_key(row, "measurement_uid"),
            account_id=_key(row, "account_id"),
            status=_key(row, "status"),
            comment=_text(row, "comment"),
            update_time=_time(row, "update_time"),
        )
    ]


Convert = Callable[[Row], list[Base]]


def _plain(value: object) -> Any:
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    # PostgreSQL has no NUL in text; ClickHouse fills up short texts of a fixed length with it.
    return value.replace("\0", "") if isinstance(value, str) else value


def _text(row: Row, name: str) -> str:
    value = _plain(row.get(name, ""))
    if not isinstance(value, str):
        raise BadRow(f"{name} is no text")
    return value


def _key(row: Row, name: str) -> str:
    value = _text(row, name)
    if not value:
        raise BadRow(f"{name} is empty")
    return value


def _number(row: Row, name: str, *, smallest: int = 0, largest: int = _LARGEST) -> int:
    value = row.get(name)
    if not isinstance(value, int) or not smallest <= value <= largest:
        raise BadRow(f"{name} is out of range")
    return value


def _time(row: Row, name: str) -> datetime:
    return _moment(row.get(name))


def _moment(value: object) -> datetime:
    if not isinstance(value, datetime):
        raise BadRow("no time where there must be one")
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
