"""How many measurements one core scores per second.

Prints the median of several rounds, and the same as a ratio to bare `orjson.loads` of the same bytes in the
same run, because machines differ. With the corpus of real measurements at hand it is measured as well, under
the public fingerprint list; otherwise under the starter set.
"""

import json
import os
import resource
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson

from oonib.reference.fingerprints import STARTER, read_files
from oonib.scoring import Matcher, score_body
from oonib.simulate import World

ROUNDS = 9
_REPOSITORY = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Body:
    """Stored bytes and their uid."""

    test_name: str
    uid: str
    raw: bytes


@dataclass(frozen=True)
class Figure:
    """One line of the table."""

    label: str
    bodies: int
    mean_bytes: float
    per_second: float
    parse_per_second: float

    @property
    def ratio(self) -> float:
        """How many times as long as parsing alone."""
        return self.parse_per_second / self.per_second


def simulated(count: int = 2_000) -> list[Body]:
    """Bodies of the synthetic world."""
    start = datetime(2026, 3, 1, tzinfo=UTC)
    made = World(1).measurements(count, start=start, end=start + timedelta(days=1))
    uid = "20260302000000.000000_IT_bench_5d0c91e2a47b3f68"
    return [Body(m.body["test_name"], uid, m.envelope()) for m in made]


def corpus() -> list[Body]:
    """Real measurements that production accepts, wrapped as stored; none where there is no corpus."""
    return list(_corpus(root)) if (root := shared_data()) else []


def shared_data() -> Path | None:
    """The folder of the corpus."""
    named = os.environ.get("OONIB_SHARED_DATA")
    root = Path(named) if named else _REPOSITORY.parent / "shared" / "data"
    return root if (root / "measurements").is_dir() else None


def _corpus(root: Path) -> Iterator[Body]:
    folder = root / "measurements"
    for line in (folder / "expected_scores.jsonl").read_text("utf-8").splitlines():
        case = json.loads(line)
        if case["outcome"] == "row":
            content = (folder / case["file"]).read_bytes()
            raw = b'{"format":"json","content":' + content + b',"is_verified":"u"}'
            yield Body(case["test_name"], case["measurement_uid"], raw)


def measure(label: str, bodies: Sequence[Body], matcher: Matcher) -> Figure:
    """Score and parse all bodies in turn, several times."""

    def score() -> None:
        for body in bodies:
            score_body(body.raw, body.uid, matcher)

    def parse() -> None:
        for body in bodies:
            orjson.loads(body.raw)

    seconds = [(_seconds(score), _seconds(parse)) for _ in range(ROUNDS)]
    scoring, parsing = (statistics.median(column) for column in zip(*seconds, strict=True))
    mean = statistics.fmean(len(body.raw) for body in bodies)
    return Figure(label, len(bodies), mean, len(bodies) / scoring, len(bodies) / parsing)


def _seconds(work: Callable[[], None]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def figures() -> Iterator[Figure]:
    """Every line of the table."""
    root = shared_data()
    source = str(root / "fingerprints") if root else STARTER
    fingerprints = read_files(source, limits=None).fingerprints()
    began = time.perf_counter()
    matcher = Matcher.build(fingerprints)
    built = time.perf_counter() - began
    count = len(fingerprints.dns) + len(fingerprints.http)
    print(f"{count} fingerprints, matcher built in {built * 1000:.0f} ms")
    for origin, bodies in (("simulated", simulated()), ("corpus", corpus())):
        web = [body for body in bodies if body.test_name == "web_connectivity"]
        small = [body for body in bodies if len(body.raw) <= 100_000]
        for kind, chosen in (("all", bodies), ("up to 100 kB", small), ("web_connectivity", web)):
            if chosen:
                yield measure(f"{origin}, {kind}", chosen, matcher)


def slowest(bodies: Sequence[Body], matcher: Matcher) -> tuple[float, Body]:
    """The body below a megabyte that takes longest, in milliseconds, by its best of several tries."""
    small = [body for body in bodies if len(body.raw) < 1_000_000]

    def best(body: Body) -> float:
        return min(_seconds(lambda: score_body(body.raw, body.uid, matcher)) for _ in range(ROUNDS))

    return max(((best(body) * 1000, body) for body in small), key=lambda pair: pair[0])


def resident_mib() -> float:
    """The most memory that this process ever had."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print the table."""
    print(f"{'scoring, one core':<30}{'bodies':>8}{'mean kB':>9}{'bodies/s':>10}{'orjson/s':>10}{'ratio':>7}")
    for figure in figures():
        print(
            f"{figure.label:<30}{figure.bodies:>8}{figure.mean_bytes / 1000:>9.1f}"
            f"{figure.per_second:>10,.0f}{figure.parse_per_second:>10,.0f}{figure.ratio:>7.2f}"
        )
    root = shared_data()
    source = str(root / "fingerprints") if root else STARTER
    matcher = Matcher.build(read_files(source, limits=None).fingerprints())
    for origin, bodies in (("simulated", simulated()), ("corpus", corpus())):
        if bodies:
            taken, body = slowest(bodies, matcher)
            print(
                f"slowest body below 1 MB, {origin}: {taken:.1f} ms"
                f" ({body.test_name}, {len(body.raw) / 1000:.0f} kB)"
            )
    print(f"peak memory of this process, bodies included: {resident_mib():.0f} MiB")


if __name__ == "__main__":
    main()
