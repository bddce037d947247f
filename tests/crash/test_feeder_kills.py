"""A kill while a post of another host is taken in: what was answered with 200 is scored once (D1, D2)."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from oonib.runtime import open_warehouse
from oonib.settings import Settings

from support.feeding import posts
from support.processes import Oonib, free_port, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(240)]
POINTS = ["feeder.before_spool", "spool.before_commit", "spool.after_commit", "feeder.before_answer"]


class Sender:
    """An API host: it keeps what was not answered and sends it again."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.acknowledged: list[str] = []
        self.failures = 0

    def send(self, uid: str, stored: bytes) -> bool:
        """Send one post; whether it was acknowledged."""
        try:
            status = httpx.post(f"{self.url}/{uid}", content=stored, timeout=20).status_code
        except httpx.HTTPError:
            status = 0
        if status == 200:
            self.acknowledged.append(uid)
        else:
            self.failures += 1
        return status == 200

    def listens(self) -> bool:
        """Whether the feeder answers."""
        try:
            return httpx.get(self.url, timeout=5).status_code == 200
        except httpx.HTTPError:
            return False


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Oonib, Sender, Path]]:
    folder = tmp_path_factory.mktemp("feeder")
    switch = folder / "fault"
    port = free_port()
    settings = {"fingerprints_source": "starter", "fastpath_listen": port, "fault_file": switch, "workers": 1}
    with Oonib("up", data_dir=folder / "data", **settings) as up:
        sender = Sender(f"http://127.0.0.1:{port}")
        wait_until(sender.listens, 40, "the feeder")
        wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
        yield up, sender, switch


def check_scored(up: Oonib, uids: list[str]) -> None:
    """Every uid has exactly one row."""
    warehouse = open_warehouse(Settings(data_dir=up.data_dir))
    sql = "SELECT measurement_uid AS uid, count() AS n FROM fastpath WHERE uid IN {uids:Array(String)}"
    sql += " GROUP BY uid"
    try:
        wait_until(lambda: len(warehouse.select(sql, {"uids": uids})) == len(set(uids)), 60, "all rows")
        assert {row["n"] for row in warehouse.select(sql, {"uids": uids})} == {1}
    finally:
        warehouse.close()


@pytest.mark.parametrize("point", POINTS)
def test_killed_while_taking_in(fed: tuple[Oonib, Sender, Path], point: str) -> None:
    up, sender, switch = fed
    wait_until(sender.listens, 30, "the feeder")
    failed_before = sender.failures
    sent = posts(6, seed=100 + POINTS.index(point))
    for number, (uid, stored) in enumerate(sent):
        if number == 3:
            switch.write_text(point)
        if not sender.send(uid, stored):
            wait_until(sender.listens, 30, "the feeder again")
            assert sender.send(uid, stored)
    assert sender.failures == failed_before + 1
    assert not switch.exists()
    check_scored(up, [uid for uid, _ in sent])


@pytest.mark.slow
def test_everything_killed_right_after_the_answer(fed: tuple[Oonib, Sender, Path]) -> None:
    up, sender, _ = fed
    wait_until(sender.listens, 30, "the feeder")
    sent = posts(40, seed=200)
    for uid, stored in sent:
        assert sender.send(uid, stored)
    up.kill()
    assert not sender.listens()
    up.start()
    wait_until(sender.listens, 40, "the feeder")
    # The sender did not get the last answers, say.
    for uid, stored in sent[-5:]:
        assert sender.send(uid, stored)
    check_scored(up, [uid for uid, _ in sent])
