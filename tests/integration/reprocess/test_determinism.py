"""Scoring does not depend on who scores, in what order or when (reliability D15).

The same cans are scored by one process and by several, with another hash seed, from the first key to
the last and shuffled. Rows are compared whole: they have no column that is a time of writing; `update_time`,
which is one, is ClickHouse's own. Left out of an outcome is `seconds`, how long scoring took.
"""

import random
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from oonib.fastpath.offline import Crew, Result, Setup
from oonib.fastpath.reprocess import ArchiveReader, StoreAddress
from oonib.fastpath.reprocess.reading import ArchiveFile
from oonib.reference.fingerprints import STARTER, read_files
from oonib.scoring import FASTPATH_COLUMNS, FingerprintSet
from oonib.simulate import World

from support.archiving import submit
from support.manifests import Sealed
from support.mutation import bodies, mutate, written

pytestmark = pytest.mark.timeout(240)
START = datetime(2026, 3, 2, 10, tzinfo=UTC)
Outcomes = dict[str, dict[str, Any]]


def stored_posts(count: int) -> Iterator[tuple[str, bytes]]:
    """Posts of a simulated world, and odd ones of every nettest, with countries to spread them over cans."""
    for measurement in World(15).measurements(count, start=START - timedelta(hours=1), end=START):
        body = measurement.body
        content = written(dict(body), random.Random(0))
        yield str(body["probe_cc"]), b'{"format":"json","content":' + content + b',"is_verified":"u"}'
    rng = random.Random(16)
    originals = list(bodies())
    for number in range(count):
        post = written(mutate(rng, originals[number % len(originals)]), rng)
        yield ("IT", "BR", "DE")[number % 3], post


def archive(folder: Path, count: int) -> tuple[list[str], int]:
    """The keys of an archive of such posts, and how many there are."""
    sealed = Sealed(folder)
    sent = 0
    for sent, (cc, stored) in enumerate(stored_posts(count), 1):
        submit(sealed.spool, stored, received=START + timedelta(seconds=sent), cc=cc)
    assert sealed.pack(START + timedelta(hours=9)).problems == []
    keys = sorted(info.key for info in sealed.store.list("raw/") if info.key.endswith(".tar.gz"))
    sealed.close()
    return keys, sent


def score(folder: Path, keys: list[str], size: int) -> Outcomes:
    """What a crew makes of these cans, by uid."""
    address = StoreAddress(str(folder / "objects"), data_dir=folder)
    found: Outcomes = {}
    with Crew(Setup(fingerprints(), "production", ArchiveReader(address)), size) as crew:
        for batch in crew.run([ArchiveFile(key) for key in keys], ordered=False):
            for item in batch.results:
                if isinstance(item, Result):
                    assert item.outcome.uid not in found
                    outcome = asdict(item.outcome)
                    del outcome["seconds"], outcome["seq"]
                    found[item.outcome.uid] = outcome
    return found


def fingerprints() -> FingerprintSet:
    return read_files(STARTER, limits=None).fingerprints()


def differences(one: Outcomes, other: Outcomes) -> list[tuple[str, str, object, object]]:
    """Which columns of which measurements differ."""
    assert set(one) == set(other)
    found = []
    for uid, first in one.items():
        second = other[uid]
        if first == second:
            continue
        rows = zip(FASTPATH_COLUMNS, first["row"] or (), second["row"] or (), strict=False)
        found += [(uid, name, a, b) for name, a, b in rows if repr(a) != repr(b)] or [
            (uid, "?", first, second)
        ]
    return found


def check(folder: Path, count: int, sizes: tuple[int, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    keys, sent = archive(folder, count)
    assert len(keys) > 10
    shuffled = random.Random(3).sample(keys, len(keys))
    monkeypatch.setenv("PYTHONHASHSEED", "1")
    expected = score(folder, keys, 1)
    assert len(expected) > sent * 0.9
    assert len({outcome["test"] for outcome in expected.values()}) > 5
    assert {outcome["kind"] for outcome in expected.values()} >= {"scored", "dead_letter"}
    for number, size in enumerate(sizes):
        monkeypatch.setenv("PYTHONHASHSEED", str(100 + number))
        assert differences(expected, score(folder, shuffled if size > 1 else keys[::-1], size)) == []


def test_one_process_and_several(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(tmp_path, 150, (3,), monkeypatch)


@pytest.mark.slow
def test_one_process_and_up_to_eight(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    check(tmp_path, 2500, (1, 2, 8), monkeypatch)
