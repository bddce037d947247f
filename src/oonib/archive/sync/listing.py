"""Finding what is wanted with few listings: by day, by nettest and country, as the layouts have it."""

from collections.abc import Callable, Iterator
from datetime import date

from oonib.archive.sync.wanted import FIRST_RAW, LAST_LEGACY, Wanted
from oonib.objects import ObjectInfo, ObjectStore

Step = Callable[[], Iterator[ObjectInfo]]

_FEW = 96
"""Listings of single folders up to which they cost less than the listing of a whole day."""

_FEW_DAYS = 31


def list_wanted(store: ObjectStore, wanted: Wanted) -> list[Step]:
    """Steps that list what is wanted, one after the other; nothing is asked yet.

    They raise `ObjectStoreError`. Empty objects are left out.
    """
    steps: list[Step] = []
    old = [day for day in wanted.days() if day <= LAST_LEGACY]
    if wanted.lines and old:
        steps.append(lambda: _old_lines(store, wanted, old))
    for day in wanted.days():
        if wanted.posts and day <= LAST_LEGACY:
            steps.append(lambda day=day: _checked(store, (f"canned/{day:%Y-%m-%d}",), wanted))  # type: ignore[misc]
        if day >= FIRST_RAW:
            steps.append(lambda day=day: _checked(store, _of_day(wanted, day), wanted))  # type: ignore[misc]
    return steps


def list_chain(store: ObjectStore, wanted: Wanted) -> list[Step]:
    """The same of the manifests, when they are wanted."""
    return [lambda: _checked(store, ("manifests", "tombstones"), wanted)] if wanted.chain else []


def _of_day(wanted: Wanted, day: date) -> Iterator[str]:
    whole = f"raw/{day:%Y%m%d}"
    hours = list(wanted.hours(day))
    named = len(wanted.ccs) * len(wanted.tests)
    if named and len(hours) * named <= _FEW:
        for hour in hours:
            yield from (f"{whole}/{hour}/{cc}/{t}" for cc in sorted(wanted.ccs) for t in sorted(wanted.tests))
    elif len(hours) < 24:
        yield from (f"{whole}/{hour}" for hour in hours)
    else:
        yield whole


def _old_lines(store: ObjectStore, wanted: Wanted, days: list[date]) -> Iterator[ObjectInfo]:
    for test in sorted(wanted.tests) or store.folders("jsonl"):
        for cc in sorted(wanted.ccs) or store.folders(f"jsonl/{test}"):
            folder = f"jsonl/{test}/{cc}"
            few = len(days) <= _FEW_DAYS
            yield from _checked(store, (f"{folder}/{d:%Y%m%d}" for d in days) if few else (folder,), wanted)


def _checked(
    store: ObjectStore, folders: "Iterator[str] | tuple[str, ...]", wanted: Wanted
) -> Iterator[ObjectInfo]:
    for folder in folders:
        for info in store.list(folder):
            if info.size > 0 and wanted.takes(info.key):
                yield info
