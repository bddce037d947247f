"""Packing an hour and finding bodies in it again: measurements a second of one core, memory, milliseconds.

`python -m bench archive [N]` fills a spool with N measurements (100,000 unless told otherwise) of the
simulated world, all of one hour and scored, and lets `oonib archive pack` do its work over the embedded
ClickHouse and a folder. Bodies are then read as the API reads them: one row of the index and one piece of one
object.
"""

import contextlib
import hashlib
import json
import random
import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from oonib.archive.body import BodyStore, Wanted
from oonib.archive.building import ENDINGS
from oonib.model.envelope import content_span
from oonib.model.uid import make_uid
from oonib.objects import ObjectStore
from oonib.runtime import open_objects, open_spool, open_warehouse
from oonib.settings import Settings
from oonib.simulate import World
from oonib.spool import Spool, Submission, Tally
from oonib.warehouse.migrations import migrate

from support.clickhouse import EmbeddedServer
from support.processes import clean_environment

LOOKUPS = 500
DISTINCT = 5_000
HOUR = datetime(2026, 3, 2, 10, tzinfo=UTC)


def posts(count: int) -> list[tuple[str, str, bytes]]:
    """Country, nettest and envelope of measurements that differ in their report."""
    rng = random.Random(1)
    bodies = [
        made.body for made in World(1).measurements(DISTINCT, start=HOUR, end=HOUR + timedelta(hours=1))
    ]
    found = []
    for number in range(count):
        body = dict(bodies[number % DISTINCT])
        body["report_id"] = f"{str(body['report_id']).rpartition('_')[0]}_{rng.getrandbits(63):016x}"
        stored = json.dumps({"format": "json", "content": body, "is_verified": "u"}).encode()
        found.append((str(body["probe_cc"]), str(body["test_name"]).replace("_", ""), stored))
    return found


def fill(spool: Spool, count: int) -> tuple[dict[str, bytes], int]:
    """Accept and score `count` posts; some of them by uid, and the bytes of all."""
    kept: dict[str, bytes] = {}
    size, waiting = 0, []
    for number, (cc, test, stored) in enumerate(posts(count)):
        uid = str(make_uid(HOUR + timedelta(microseconds=30_000 * number), cc, test, stored))
        digest = hashlib.sha256(stored).digest()[:20]
        waiting.append(spool.submit(Submission(uid, "", digest, stored)))
        size += len(stored)
        if number % (count // LOOKUPS or 1) == 0:
            kept[uid] = stored
        if len(waiting) == 500:
            for one in waiting:
                one.result()
            waiting.clear()
    for one in waiting:
        one.result()
    spool.settle(count, [Tally(f"{HOUR:%Y%m%d%H}", "scored", "", count)])
    return kept, size


def pack(settings: Settings, url: str) -> tuple[float, float, float]:
    """Seconds on the clock, seconds of the processor, and mebibytes at most, of the command."""
    environment = clean_environment(data_dir=settings.data_dir, clickhouse_url=url)
    before, began, most = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter(), 0
    # What the system counts for a child begins with the size of its parent, so the child is looked at.
    with psutil.Popen([sys.executable, "-m", "oonib", "archive", "pack"], env=environment) as packing:
        while packing.poll() is None:
            with contextlib.suppress(psutil.Error):
                most = max(most, packing.memory_info().rss)
            time.sleep(0.05)
    taken, after = time.perf_counter() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return taken, used, most / 2**20


def size_of(objects: ObjectStore, ending: str) -> int:
    """Bytes of the archive's objects of one kind."""
    return sum(found.size for found in objects.list("raw") if found.key.endswith(ending))


def look_up(bodies: BodyStore, kept: dict[str, bytes]) -> list[float]:
    """Seconds of each lookup, in any order."""
    uids = random.Random(2).sample(sorted(kept), len(kept))
    taken = []
    for uid in uids:
        body = json.loads(content_of(kept[uid]))
        began = time.perf_counter()
        found = bodies.find(Wanted(uid, body["report_id"], body.get("input") or ""))
        taken.append(time.perf_counter() - began)
        assert found == content_of(kept[uid])
    return taken


def content_of(stored: bytes) -> bytes:
    """The measurement in an envelope."""
    return content_span(stored)


def main() -> None:
    """Print what was measured."""
    given = [int(text) for text in sys.argv[1:] if text.isdigit()]
    count = given[0] if given else 100_000
    with tempfile.TemporaryDirectory() as name, EmbeddedServer() as server:
        settings = Settings(data_dir=Path(name) / "data", clickhouse_url=server.url)
        warehouse = open_warehouse(settings)
        migrate(warehouse)
        spool = open_spool(settings)
        kept, size = fill(spool, count)
        taken, used, most = pack(settings, server.url)
        entries = spool.status().entries
        spool.close()
        print(f"{count} posts of {size / count / 1000:.1f} kB on average; {entries} left in the spool")
        rates = f"{count / taken:.0f}/s on the clock, {count / used:.0f}/s of one core"
        print(f"packed {rates}, {most:.0f} MiB at most")
        postcans, jsonl = (size_of(open_objects(settings), ending) / size for ending in ENDINGS)
        print(f"{size / 1e6:.0f} MB became postcans of {postcans:.1%} and jsonl of {jsonl:.1%} of it")
        lookups = sorted(look_up(BodyStore(warehouse, open_objects(settings)), kept)[20:])
        p95 = lookups[int(len(lookups) * 0.95)]
        print(f"a body: median {statistics.median(lookups) * 1000:.1f} ms, p95 {p95 * 1000:.1f} ms")
        warehouse.close()


if __name__ == "__main__":
    main()
