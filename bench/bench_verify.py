"""Verification against reprocessing, over the same cans in the same run: JSON a second of one core.

Both read through the same crew. Verification also reads the lines and hashes everything; reprocessing, which
inserts its rows besides, is measured here without that. Prints medians of processor time.
"""

import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from bench.bench_scoring import corpus, shared_data, simulated
from oonib.archive.manifests import Manifests, Scoring
from oonib.archive.names import CanName
from oonib.archive.reading import Found
from oonib.archive.verify.chains import ChainReader
from oonib.archive.verify.checking import check_can
from oonib.archive.verify.selecting import CanTask, Selection
from oonib.archive.writers import LinesWriter, PostcanWriter
from oonib.fastpath.reprocess import ArchiveReader, StoreAddress
from oonib.fastpath.reprocess.reading import ArchiveFile
from oonib.model.envelope import content_span
from oonib.model.uid import make_uid
from oonib.objects import ObjectStore
from oonib.reference.fingerprints import STARTER, read_files
from oonib.scoring import Matcher, score_body

ROUNDS = 5
REPEATS = 6
MEGABYTE = 1_000_000
NAME = CanName("2026030210", "IT", "webconnectivity", "1", 0)


def _archive(root: Path) -> tuple[ObjectStore, int, int]:
    """One can in one manifest; its measurements and the bytes of their JSON."""
    start = datetime(2026, 3, 2, 10, tzinfo=UTC)
    made = [body.raw for body in corpus() or simulated(300)] * REPEATS
    store = ObjectStore.open(str(root / "objects"))
    size = 0
    with LinesWriter(root / "lines") as lines, PostcanWriter(root / "posts") as posts:
        for number, raw in enumerate(made):
            line = b"".join(content_span(raw).splitlines())
            uid = make_uid(start + timedelta(microseconds=number), "IT", "webconnectivity", raw)
            lines.add(line)
            posts.add(f"x/{uid}.post", raw)
            size += len(line)
        lines.finish()
        posts.finish()
    store.put(NAME.jsonl, root / "lines")
    store.put(NAME.postcan, root / "posts")
    manifests = Manifests(
        store, collector="1", work_dir=root, key_path=root / "key", scoring=lambda: Scoring("", "")
    )
    manifests.seal([NAME])
    return store, len(made), size


def _task(store: ObjectStore, *, scored: bool) -> CanTask:
    reader = ChainReader(store)
    assert not list(reader.read())
    (task,) = (one for one in Selection(store, reader.found, None, scored=scored) if isinstance(one, CanTask))
    return task


def _seconds(items: Callable[[], Any], matcher: Matcher | None) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        for item in items():
            if matcher is not None and isinstance(item, Found):
                score_body(item.body, item.uid, matcher)
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def main() -> None:
    """Print the table."""
    root = shared_data()
    fingerprints = read_files(str(root / "fingerprints") if root else STARTER, limits=None).fingerprints()
    matcher = Matcher.build(fingerprints)
    with tempfile.TemporaryDirectory() as name:
        store, count, size = _archive(Path(name))
        reader = ArchiveReader(StoreAddress(str(Path(name) / "objects")))()
        hashed, whole = _task(store, scored=False), _task(store, scored=True)
        works: tuple[tuple[str, Callable[[], Any], Matcher | None], ...] = (
            ("reprocess: read and score", lambda: reader(ArchiveFile(NAME.postcan)), matcher),
            ("verify: hash, compare, score", lambda: check_can(store, whole), matcher),
            ("verify --no-score", lambda: check_can(store, hashed), None),
        )
        print(f"{count} measurements, {size / MEGABYTE:.0f} MB JSON; one core, processor time")
        print(f"{'':<34}{'MB/s':>8}{'of reprocess':>14}")
        first = 0.0
        for label, items, scorer in works:
            taken = _seconds(items, scorer)
            first = first or taken
            print(f"{label:<34}{size / MEGABYTE / taken:>8.0f}{first / taken:>14.2f}")


if __name__ == "__main__":
    main()
