"""Reprocessing an archive: JSON a second of one core without the insert, and what more processes give.

Prints medians. The corpus is packed into `.jsonl.gz` and postcans as the archiver does; the ratio is to bare
`orjson.loads` of the same lines in the same run.
"""

import gzip
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import orjson
import psutil

from bench.bench_scoring import Body, corpus, shared_data, simulated
from oonib.archive.reading import Found
from oonib.archive.writers import LinesWriter, PostcanWriter
from oonib.fastpath.offline import Crew, Setup
from oonib.fastpath.reprocess import ArchiveReader, StoreAddress
from oonib.fastpath.reprocess.reading import ArchiveFile
from oonib.model.envelope import content_span
from oonib.reference.fingerprints import STARTER, read_files
from oonib.scoring import FingerprintSet, Matcher, score_body

ROUNDS = 5
FILES = 8
REPEATS = 12
MEGABYTE = 1_000_000


def _median(work: Callable[[], object]) -> float:
    taken = []
    for _ in range(ROUNDS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return statistics.median(taken)


def _pack(folder: Path, bodies: list[Body]) -> tuple[list[ArchiveFile], list[ArchiveFile], int]:
    """Files of lines and of posts, and the bytes of JSON in either."""
    lines, posts = [], []
    size = 0
    for number in range(FILES):
        stem = f"2026030210_IT_webconnectivity.n1.{number}"
        with LinesWriter(folder / f"{stem}.jsonl.gz") as one, PostcanWriter(folder / f"{stem}.tar.gz") as two:
            uids = {}
            for line, body in enumerate(bodies * REPEATS):
                content = b"".join(content_span(body.raw).splitlines())
                one.add(content)
                uids[line] = body.uid
                two.add(f"x/{line}/{body.uid}.post", body.raw)
                size += len(content)
            one.finish()
            two.finish()
        lines.append(ArchiveFile(f"{stem}.jsonl.gz", uids))
        posts.append(ArchiveFile(f"{stem}.tar.gz"))
    return lines, posts, size


def _in_this_process(folder: Path, task: ArchiveFile, matcher: Matcher | None) -> Callable[[], None]:
    reader = ArchiveReader(StoreAddress(str(folder)))()

    def work() -> None:
        for item in reader(task):
            assert isinstance(item, Found), item
            if matcher is not None:
                score_body(item.body, item.uid, matcher)

    return work


def _bare(folder: Path, task: ArchiveFile) -> Callable[[], None]:
    lines = gzip.decompress((folder / task.name).read_bytes()).splitlines()

    def work() -> None:
        for line in lines:
            orjson.loads(line)

    return work


def _crew(
    folder: Path, tasks: list[ArchiveFile], fingerprints: FingerprintSet, size: int
) -> tuple[float, float, float]:
    """Seconds of the clock, processor seconds of the crew, peak MiB of its largest process."""
    setup = Setup(fingerprints, "production", ArchiveReader(StoreAddress(str(folder))))
    with Crew(setup, size) as crew:
        list(crew.run(tasks[:size]))
        children = [psutil.Process(child.pid) for child in multiprocessing.active_children() if child.pid]
        before = sum(sum(child.cpu_times()[:2]) for child in children)
        began = time.perf_counter()
        for batch in crew.run(tasks):
            assert batch.finished is None or batch.finished.failed is None, batch.finished
        taken = time.perf_counter() - began
        spent = sum(sum(child.cpu_times()[:2]) for child in children) - before
        peak = max(_peak_mib(child.pid) for child in children)
    return taken, spent, peak


def _peak_mib(pid: int) -> float:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) / 1024


def main() -> None:
    """Print the table."""
    root = shared_data()
    fingerprints = read_files(str(root / "fingerprints") if root else STARTER, limits=None).fingerprints()
    bodies = corpus() or simulated(300)
    matcher = Matcher.build(fingerprints)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines, posts, size = _pack(folder, bodies)
        each = size / FILES / MEGABYTE
        bare = each / _median(_bare(folder, lines[0]))
        print(f"{FILES} files of {each:.0f} MB JSON each; bare orjson.loads of the lines: {bare:.0f} MB/s")
        print(f"{'one core, processor time':<34}{'MB/s':>8}{'of bare':>9}")
        for label, task, scorer in (
            ("read .jsonl.gz", lines[0], None),
            ("read postcan", posts[0], None),
            ("read and score .jsonl.gz", lines[0], matcher),
            ("read and score postcan", posts[0], matcher),
        ):
            speed = each / _median(_in_this_process(folder, task, scorer))
            print(f"{label:<34}{speed:>8.0f}{speed / bare:>9.2f}")
        cores = os.cpu_count() or 1
        print(f"{'crew over .jsonl.gz':<34}{'MB/s':>8}{'MB/s/core':>11}{'peak MiB':>10}")
        for count in sorted({1, 2, cores}):
            runs = [_crew(folder, lines, fingerprints, count) for _ in range(3)]
            taken, spent, peak = (statistics.median(column) for column in zip(*runs, strict=True))
            total = size / MEGABYTE
            print(f"{f'{count} processes':<34}{total / taken:>8.0f}{total / spent:>11.0f}{peak:>10.0f}")


if __name__ == "__main__":
    main()
