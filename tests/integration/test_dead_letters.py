"""Dead letters of a running backend: listed, shown, tried again once, whatever is killed on the way."""

import json
import signal
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from oonib.spool import Spool

from support.journal import Journal, settle, warehouse_of
from support.processes import Oonib, run_oonib, wait_until

pytestmark = [pytest.mark.clickhouse, pytest.mark.timeout(240)]
UNKNOWN = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"


class Host:
    """A backend whose scorer is said to have failed on some measurements."""

    def __init__(self, backend: Oonib, fault: Path) -> None:
        self.backend = backend
        self.fault = fault
        self.journal = Journal(backend)

    def run(self, *words: str, **more: Any) -> subprocess.CompletedProcess[str]:
        return run_oonib("spool", *words, env=self.backend.environment, **more)

    def bury(self, count: int, reason: str, *, archived: bool) -> list[str]:
        """So many dead letters, without a row; `archived`: their posts are in the archive alone."""
        before = set(self.journal.acknowledged.values())
        self.journal.send(count)
        settle(self.backend)
        uids = sorted(set(self.journal.acknowledged.values()) - before)
        path = self.backend.data_dir / "spool" / "spool.sqlite"
        with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
            for uid in uids:
                hour = uid[:10]
                connection.execute(
                    "INSERT INTO dead_letter SELECT seq, uid, ?, 'as a test', 1772446530.0 FROM entry"
                    " WHERE uid = ?",
                    (reason, uid),
                )
                connection.execute(
                    "UPDATE ledger SET n = n - 1 WHERE hour = ? AND outcome = 'scored'", (hour,)
                )
                connection.execute(
                    "INSERT INTO ledger VALUES (?, 'dead_letter', ?, 1) ON CONFLICT DO UPDATE SET n = n + 1",
                    (hour, reason),
                )
        warehouse = warehouse_of(self.backend)
        for uid in uids:
            warehouse.command(
                "DELETE FROM fastpath WHERE measurement_uid = {uid:String} SETTINGS mutations_sync = 2",
                {"uid": uid},
            )
        warehouse.close()
        if archived:
            packed = run_oonib("archive", "pack", "--now", env=self.backend.environment)
            assert packed.returncode == 0, packed.stderr
        assert set(self.rows()).isdisjoint(uids)
        return uids

    def settle_by_hand(self, uid: str) -> None:
        """The other tests expect no letters of this one."""
        spool = Spool(self.backend.data_dir / "spool" / "spool.sqlite")
        letter = spool.letters.find(uid)
        assert letter is not None
        assert spool.letters.settle(letter, "rejected", "of a test")
        spool.close()

    def rows(self) -> dict[str, int]:
        warehouse = warehouse_of(self.backend)
        sql = "SELECT measurement_uid AS u, count() AS n FROM fastpath FINAL GROUP BY u"
        found = {row["u"]: row["n"] for row in warehouse.select(sql)}
        warehouse.close()
        return found

    def check(self, letters: list[str]) -> None:
        """The ledger adds up, and these alone are dead letters."""
        spool = Spool(self.backend.data_dir / "spool" / "spool.sqlite")
        accounts = spool.accounts()
        found = sorted(letter.uid for letter in spool.letters.all())
        spool.close()
        assert all(account.adds_up for account in accounts)
        assert found == sorted(letters)
        assert sum(account.dead_letter for account in accounts) == len(letters)


@pytest.fixture(scope="module")
def host(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    folder = tmp_path_factory.mktemp("letters")
    settings = {"fingerprints_source": "starter", "fault_file": folder / "fault", "workers": 1}
    with Oonib("up", data_dir=folder / "data", **settings) as up:
        wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
        yield Host(up, folder / "fault")


def test_shown_and_tried_again_from_the_archive(host: Host, tmp_path: Path) -> None:
    uids = host.bury(2, "scorer_crashed", archived=True)
    others = host.bury(1, "scorer_timeout", archived=True)
    listed = host.run("dead-letters").stdout.splitlines()
    assert sorted(listed) == sorted(
        [f"{uid} scorer_crashed as a test" for uid in uids]
        + [f"{uid} scorer_timeout as a test" for uid in others]
    )
    file = tmp_path / "post.json"
    shown = host.run("dead-letter", uids[0], "--output", str(file))
    assert (shown.returncode, shown.stdout) == (0, ""), shown.stderr
    assert "scorer_crashed" in shown.stderr
    assert "2026-03-02 10:15:30Z" in shown.stderr
    report = json.loads(file.read_bytes())["content"]["report_id"]
    assert host.journal.acknowledged[report] == uids[0]
    one = host.run("retry", uids[0])
    assert (one.returncode, one.stdout) == (0, f"{uids[0]} scored\n"), one.stderr
    host.check([uids[1], *others])
    assert host.run("retry", "--reason", "scorer_timeout").stdout == f"{others[0]} scored\n"
    host.check([uids[1]])
    assert host.run("retry", "--all").returncode == 0
    host.check([])
    rows = host.rows()
    assert {uid: rows.get(uid) for uid in uids + others} == dict.fromkeys(uids + others, 1)


def test_tried_again_whatever_is_killed(host: Host) -> None:
    uids = host.bury(3, "scorer_crashed", archived=False)
    shown = host.run("dead-letter", uids[0])
    assert json.loads(shown.stdout)["format"] == "json", shown.stderr
    for point in ("fastpath.after_insert", "retry.before_settle", "retry.after_settle"):
        host.fault.write_text(point)
        assert host.run("retry", "--all").returncode == -signal.SIGKILL
    assert host.run("retry", "--all").stderr == "2 tried again, 0 are dead letters still\n"
    host.check([])
    rows = host.rows()
    assert {uid: rows.get(uid) for uid in uids} == dict.fromkeys(uids, 1)
    status, ledger = host.backend.get("/api/v1/ledger")
    assert (status, ledger["adds_up"], ledger["collector_id"]) == (200, True, "1")
    # The accounts of an hour are counted, not derived: nothing is missing while letters move.
    assert [hour["missing"] for hour in ledger["hours"]] == [0] * len(ledger["hours"])
    found = {finding["id"]: finding["status"] for finding in host.backend.get("/health")[1]["findings"]}
    assert (found["ledger"], found["archive_age"]) == ("ok", "ok")


def test_what_cannot_be_had_stays_a_letter(host: Host) -> None:
    (uid,) = host.bury(1, "corrupt_body", archived=False)
    path = host.backend.data_dir / "spool" / "spool.sqlite"
    with closing(sqlite3.connect(path, timeout=20)) as connection, connection:
        (whole,) = connection.execute(
            "SELECT packed FROM body WHERE seq = (SELECT seq FROM entry WHERE uid = ?)", (uid,)
        ).fetchone()
        swap = "UPDATE body SET packed = ? WHERE seq = (SELECT seq FROM entry WHERE uid = ?)"
        connection.execute(swap, (whole[:-8], uid))
    damaged = host.run("retry", "--all")
    assert damaged.returncode == 1
    assert damaged.stdout.startswith(f"{uid} no_post corrupt_body the disk has damaged it")
    shown = host.run("dead-letter", uid)
    assert (shown.returncode, shown.stdout) == (1, "")
    host.check([uid])
    packed = run_oonib("archive", "pack", "--now", env=host.backend.environment)
    assert packed.returncode == 0, packed.stderr
    # What was left of it is in the archive, and is not taken for the measurement.
    again = host.run("retry", uid)
    assert (again.returncode, "was damaged before it was archived" in again.stdout) == (1, True)
    host.check([uid])
    host.settle_by_hand(uid)


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("retry",), 2, "--all"),
        (("retry", UNKNOWN, "--all"), 2, "--all"),
        (("retry", UNKNOWN), 1, "oonib spool dead-letters"),
        (("dead-letter", "../../etc/passwd"), 1, "oonib spool dead-letters"),
    ],
)
def test_wrong_use(host: Host, words: tuple[str, ...], status: int, said: str) -> None:
    done = host.run(*words)
    assert (done.returncode, done.stdout) == (status, "")
    assert said in done.stderr
