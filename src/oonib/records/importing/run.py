"""Reads the old tables one by one and adds what is not here yet."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import count, islice
from typing import Any

from sqlalchemy import inspect, select
from sqlalchemy.orm import Session

from oonib.records.base import Base
from oonib.records.changes import note_change
from oonib.records.engine import Records
from oonib.records.importing.rows import (
    BadRow,
    Convert,
    Row,
    account,
    expunged,
    feedback,
    finding,
    link,
    priority,
)
from oonib.records.tables import FINDINGS, Finding, FindingSlugAlias, UrlPriority

Reader = Callable[[str], Iterable[Mapping[str, Any]]]
"""Runs a statement on the old database; its rows by column name."""

_PRESENT = "SELECT name FROM system.tables WHERE database = currentDatabase()"
# In columns that are named, as an asterisk leaves out computed ones.
_INCIDENTS = """
SELECT update_time, start_time, end_time, creator_account_id, reported_by, id, title, text, event_type,
    published, CCs, ASNs, domains, tags, links, test_names, short_description, email_address, create_time
FROM incidents FINAL WHERE deleted = 0 ORDER BY create_time, id
"""
_LINKS = """
SELECT ooni_run_link_id, descriptor_creation_time, translation_creation_time, creator_account_id, archived,
    descriptor, author, name, short_description, icon
FROM oonirun FINAL
"""
# Several rules about the same had the effect of their sum.
_RULES = """
SELECT category_code, cc, domain, url, sum(p.priority) AS priority FROM url_priorities AS p FINAL
WHERE sign = 1 GROUP BY category_code, cc, domain, url ORDER BY category_code, cc, domain, url
"""
_FEEDBACK = "SELECT measurement_uid, account_id, status, update_time, comment FROM msmt_feedback FINAL"
_SOURCES: tuple[tuple[str, str, Convert], ...] = (
    ("accounts", "SELECT account_id, role, update_time FROM accounts", account),
    ("session_expunge", "SELECT account_id, threshold FROM session_expunge", expunged),
    ("incidents", _INCIDENTS, finding),
    ("oonirun", _LINKS, link),
    ("url_priorities", _RULES, priority),
    ("msmt_feedback", _FEEDBACK, feedback),
)
_AT_ONCE = 500


@dataclass(slots=True)
class Imported:
    """What came of one old table. `problems`: what was wrong with rows that were left out, with how many."""

    table: str
    there: bool = True
    read: int = 0
    added: int = 0
    known: int = 0
    problems: dict[str, int] | None = None


def import_records(read: Reader, records: Records) -> Iterator[Imported]:
    """Take over each old table that there is. Safe to repeat, also after an interruption.

    Raises `RecordsUnavailable`, `Conflict`, and what `read` raises.
    """
    present = {row["name"] for row in read(_PRESENT)}
    for table, statement, convert in _SOURCES:
        done = Imported(table, there=table in present)
        if done.there:
            rows = iter(read(statement))
            while batch := list(islice(rows, _AT_ONCE)):
                _add(batch, convert, records, done)
        yield done


def _add(batch: Iterable[Row], convert: Convert, records: Records, done: Imported) -> None:
    with records.write() as session:
        if convert is finding:
            note_change(session, FINDINGS)
        for row in batch:
            done.read += 1
            try:
                made = convert(row)
            except BadRow as exc:
                done.problems = done.problems or {}
                done.problems[str(exc)] = done.problems.get(str(exc), 0) + 1
                continue
            if _is_known(session, made[0]):
                done.known += 1
                continue
            if isinstance(made[0], Finding):
                made[0].slug = _free(session, made[0].slug)
            for one in made:
                # One by one, as rows may refer to those before.
                session.add(one)
                session.flush()
            done.added += 1


def _is_known(session: Session, one: Base) -> bool:
    if isinstance(one, UrlPriority):
        same = ("category_code", "cc", "domain", "url")
        wanted = select(UrlPriority).filter_by(**{name: getattr(one, name) for name in same})
        return session.scalars(wanted).first() is not None
    return session.get(type(one), inspect(one).mapper.primary_key_from_instance(one)) is not None


def _free(session: Session, slug: str) -> str:
    for number in count(1):
        tried = slug if number == 1 else f"{slug}-{number}"
        taken = session.scalars(select(Finding.id).where(Finding.slug == tried)).first()
        if taken is None and session.get(FindingSlugAlias, tried) is None:
            return tried
    raise AssertionError
