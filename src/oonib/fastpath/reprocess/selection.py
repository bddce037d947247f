"""Which objects of the archive a job takes, found by prefix (fastpath contract 9.1).

Current cans lie below `raw/<YYYYMMDD>/`, legacy ones below `canned/<YYYY-MM-DD>/` up to 2020-10-21. Of a can
that is there as posts and as lines the posts are taken: they carry uid and verification.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from itertools import islice

import structlog

from oonib.archive import BadCanName, CanName, parse_can_key
from oonib.archive.reading import Kind, kind_of
from oonib.fastpath.reprocess.job import Job
from oonib.objects import ObjectInfo, ObjectStore

_LAST_LEGACY_DAY = date(2020, 10, 21)
_FIRST_DAY = date(2020, 10, 20)
_NO_MEASUREMENTS = frozenset({Kind.INDEX, Kind.UNKNOWN})
_log = structlog.get_logger("reprocess")


@dataclass(frozen=True, slots=True)
class Selected:
    """One object to read. `share` is its part of the whole job, between 0 and 1, for the progress.

    `lines`: the uids are not in the file and have to be looked up. `legacy`: its name does not tell country
    and test, so its measurements are filtered one by one.
    """

    key: str
    size: int
    share: float
    lines: bool = False
    legacy: bool = False


def select(store: ObjectStore, job: Job) -> Iterator[Selected]:
    """The objects of a job, a day at a time, in order of their keys. Raises `ObjectStoreError`."""
    chosen = _selected(store, job)
    return islice(chosen, job.limit) if job.limit else chosen


def _selected(store: ObjectStore, job: Job) -> Iterator[Selected]:
    days = list(job.days())
    for day in days:
        found = [*_legacy(store, day), *_current(store, job, day)]
        total = sum(one.size for one in found) * len(days)
        for one in found:
            yield replace(one, share=one.size / total)


def _legacy(store: ObjectStore, day: date) -> list[Selected]:
    if day > _LAST_LEGACY_DAY:
        return []
    found = [
        Selected(info.key, info.size, 0.0, legacy=True)
        for info in store.list(f"canned/{day:%Y-%m-%d}")
        if info.size and kind_of(info.key) not in _NO_MEASUREMENTS
    ]
    if not found:
        _log.info("no legacy cans", day=str(day))
    return found


def _current(store: ObjectStore, job: Job, day: date) -> list[Selected]:
    if day < _FIRST_DAY:
        return []
    cans: dict[CanName, dict[str, ObjectInfo]] = {}
    for info in store.list(f"raw/{day:%Y%m%d}"):
        try:
            name, kind = parse_can_key(info.key)
        except BadCanName:
            continue
        if info.size and job.has_hour(name.hour) and job.wants(name.cc, name.test):
            cans.setdefault(name, {})[kind] = info
    chosen = [(kinds.get("tar.gz") or kinds["jsonl.gz"], "tar.gz" not in kinds) for kinds in cans.values()]
    chosen.sort(key=lambda one: one[0].key)
    return [Selected(info.key, info.size, 0.0, lines=lines) for info, lines in chosen]
