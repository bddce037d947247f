"""A probe that remembers every acknowledgement, and the check that each was kept.

The journal is the truth of the crash tests: what was answered with a uid must be there once, whatever was
killed in between; what was not answered is sent again, as a probe would, and must not appear twice.
"""

import gzip
import io
import json
import random
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from oonib.model.envelope import content_span
from oonib.runtime import open_warehouse
from oonib.settings import Settings
from oonib.simulate import World
from oonib.spool import Spool

from support.processes import Oonib, wait_until


@dataclass
class Journal:
    """Measurements by report id: what was sent, and the uid where one was answered."""

    backend: Oonib
    seed: int = 1
    sent: dict[str, bytes] = field(default_factory=dict)
    acknowledged: dict[str, str] = field(default_factory=dict)
    failures: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _threads: list[threading.Thread] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def start_load(self, clients: int = 4, pause: float = 0.005) -> None:
        """Send from several threads until `stop_load`."""
        self._stop = threading.Event()
        for _ in range(clients):
            self.seed += 1
            thread = threading.Thread(target=self._send_on, args=(self.seed, pause), daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop_load(self) -> None:
        """End the load; every thread has noted its last answer."""
        self._stop.set()
        for thread in self._threads:
            thread.join(30)
            assert not thread.is_alive()
        self._threads.clear()

    def send(self, count: int) -> None:
        """Send `count` measurements, one after the other."""
        self.seed += 1
        with httpx.Client(base_url=self.backend.url, timeout=20) as client:
            for content, report_id in _measurements(self.seed, count):
                self._send(client, report_id, content)

    def send_again(self) -> None:
        """Send what was never acknowledged, until it is."""
        missing = [report_id for report_id in self.sent if report_id not in self.acknowledged]
        with httpx.Client(base_url=self.backend.url, timeout=20) as client:
            for report_id in missing:
                wait_until(lambda r=report_id: self._send(client, r, self.sent[r]), 30, "an acknowledgement")

    def _send_on(self, seed: int, pause: float) -> None:
        with httpx.Client(base_url=self.backend.url, timeout=20) as client:
            for content, report_id in _measurements(seed, 100_000):
                if self._stop.is_set():
                    return
                if not self._send(client, report_id, content):
                    time.sleep(0.05)
                time.sleep(pause)

    def _send(self, client: httpx.Client, report_id: str, content: bytes) -> bool:
        with self._lock:
            self.sent[report_id] = content
        try:
            answer = client.post(
                f"/report/{report_id}", content=b'{"format":"json","content":' + content + b"}"
            )
        except httpx.HTTPError as exc:
            self.failures[type(exc).__name__] += 1
            return False
        if answer.status_code != 200:
            self.failures[str(answer.status_code)] += 1
            return False
        with self._lock:
            self.acknowledged[report_id] = answer.json()["measurement_uid"]
        return True


def _measurements(seed: int, count: int) -> Iterator[tuple[bytes, str]]:
    # Each measurement has a report of its own, so that its report id names it.
    now = datetime.now(UTC)
    rng = random.Random(seed)
    for measurement in World(seed).measurements(count, start=now - timedelta(hours=2), end=now):
        body = dict(measurement.body)
        parts = str(body["report_id"]).split("_")
        parts[-1] = f"{rng.getrandbits(63):016x}"
        body["report_id"] = "_".join(parts)
        yield json.dumps(body).encode(), body["report_id"]


def settle(backend: Oonib, seconds: float = 60) -> None:
    """Wait until everything accepted is scored."""
    spool = Spool(backend.data_dir / "spool" / "spool.sqlite")
    try:
        wait_until(lambda: spool.status().unscored == 0, seconds, "an empty backlog")
    finally:
        spool.close()


def check_kept(journal: Journal) -> None:
    """Every acknowledged measurement is in the table once and its body is served byte for byte."""
    rows = table(journal.backend)
    doubled = [uid for uid, n in rows.items() if n != 1]
    assert not doubled
    lost = {uid for uid in journal.acknowledged.values() if uid not in rows}
    assert not lost, f"{len(lost)} of {len(journal.acknowledged)} acknowledged measurements are gone"
    with httpx.Client(base_url=journal.backend.url, timeout=20) as client:
        for report_id, uid in list(journal.acknowledged.items())[-100:]:
            answer = client.get("/api/v1/raw_measurement", params={"measurement_uid": uid})
            assert answer.status_code == 200, (uid, answer.text)
            assert answer.content.rstrip(b"\n") == journal.sent[report_id]


def check_none_twice(journal: Journal) -> None:
    """Each measurement that was sent, however often, has one row."""
    rows = reports(journal.backend)
    assert {report_id for report_id, n in rows.items() if n > 1} == set()
    assert set(journal.sent) <= set(rows)


def warehouse_of(backend: Oonib):
    """The backend's own ClickHouse."""
    return open_warehouse(Settings(data_dir=backend.data_dir))


def table(backend: Oonib) -> dict[str, int]:
    """How often each uid is in the table."""
    sql = "SELECT measurement_uid AS u, count() AS n FROM fastpath FINAL GROUP BY u"
    return {row["u"]: row["n"] for row in warehouse_of(backend).select(sql)}


def reports(backend: Oonib) -> dict[str, int]:
    """How many measurements each report has in the table."""
    sql = "SELECT report_id AS r, count() AS n FROM fastpath FINAL GROUP BY r"
    return {row["r"]: row["n"] for row in warehouse_of(backend).select(sql)}


def check_archived(journal: Journal) -> None:
    """Every acknowledged measurement is in one postcan, on one line of one jsonl, and in one index row."""
    posts: Counter[str] = Counter()
    lines: Counter[str] = Counter()
    for path in Path(journal.backend.data_dir, "objects", "raw").rglob("*.gz"):
        if path.name.endswith(".tar.gz"):
            with tarfile.open(path) as can:
                posts.update(Path(member.name).name.removesuffix(".post") for member in can)
        else:
            content = gzip.decompress(path.read_bytes())
            lines.update(json.loads(line)["report_id"] for line in io.BytesIO(content))
    sql = "SELECT measurement_uid AS u, count() AS n FROM jsonl FINAL GROUP BY u"
    index = {row["u"]: row["n"] for row in warehouse_of(journal.backend).select(sql)}
    for report_id, uid in journal.acknowledged.items():
        assert (posts[uid], lines[report_id], index.get(uid)) == (1, 1, 1), uid
    assert max(posts.values()) == max(lines.values()) == max(index.values()) == 1


def member_content(path: Path, uid: str) -> bytes:
    """The measurement's bytes out of a postcan."""
    with tarfile.open(path) as can:
        for member in can:
            file = can.extractfile(member)
            if file is not None and Path(member.name).name == f"{uid}.post":
                return content_span(file.read())
    raise KeyError(uid)
