"""Files of this machine as work for a crew: read here, cut into pieces of a few megabytes, scored there.

Cutting lets several processes share one large file, and keeps the order of what is in it.
"""

import contextlib
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from oonib.archive.reading import Found, Kind, Problem, kind_of, read
from oonib.fastpath.offline.process import Position, batches
from oonib.fastpath.offline.sniffing import with_ending
from oonib.fastpath.offline.work import Assignment, Batch, Reader
from oonib.model.uid import is_uid
from oonib.scoring import Matcher

STDIN = "-"
_CHUNK_BYTES = 4 * 1024 * 1024
_CHUNK_ITEMS = 500
_ENDING = ".post"
_UID_UNTOLD = frozenset({Kind.BODY, Kind.JSONL})


@dataclass(frozen=True, slots=True)
class Chunk:
    """Measurements that follow each other in the input."""

    name: str
    items: tuple[Found | Problem, ...]


def chunk_reader() -> Reader:
    """The reader of chunks: they carry what they hold."""
    return _items


def _items(chunk: Chunk) -> tuple[Found | Problem, ...]:
    return chunk.items


def chunks(names: Iterable[str]) -> Iterator[Chunk]:
    """Everything in these files, in order; `-` is standard input. Bounded by a chunk or one measurement."""
    items: list[Found | Problem] = []
    size = 0
    for name in names:
        for item in _contents(name):
            items.append(item)
            size += len(item.body) if isinstance(item, Found) else 0
            if size >= _CHUNK_BYTES or len(items) >= _CHUNK_ITEMS:
                yield Chunk(name, tuple(items))
                items, size = [], 0
    if items:
        yield Chunk("the last files", tuple(items))


def score_here(pieces: Iterable[Chunk], matcher: Matcher) -> Iterator[Batch]:
    """Score in this process: what takes longer to hand out than to do."""
    position = Position([0.0, 0.0])
    for number, chunk in enumerate(pieces):
        for results, finished in batches(Assignment(number, chunk), _items, matcher, position):
            yield Batch(chunk, results, finished)


def _contents(name: str) -> Iterator[Found | Problem]:
    try:
        with _opened(name) as stream:
            source, telling = with_ending(stream, "stdin" if name == STDIN else name)
            for item in read(source, telling):
                yield _named(item, name, telling)
    except OSError as exc:
        yield Problem(name, "unreadable_file", exc.strerror or type(exc).__name__)
    except Exception as exc:  # noqa: BLE001 - a file of a stranger must not end the rest
        yield Problem(name, "unreadable_file", f"{type(exc).__name__}: {exc}"[:500])


def _opened(name: str) -> contextlib.AbstractContextManager[BinaryIO]:
    if name == STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    return Path(name).open("rb")


def _named(item: Found | Problem, name: str, telling: str) -> Found | Problem:
    """A lone `<uid>.post` has its uid in its name; what a measurement says of its own uid does not count."""
    if isinstance(item, Problem) or kind_of(telling) not in _UID_UNTOLD:
        return item
    uid = Path(name).name.removesuffix(_ENDING)
    return replace(item, uid=uid if name.endswith(_ENDING) and is_uid(uid) else "")
