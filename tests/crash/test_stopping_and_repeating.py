"""A stop under load, and the same submission again and again (reliability D13, D18)."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from oonib.spool import Spool

from support.journal import Journal, check_kept, check_none_twice, settle
from support.processes import Oonib, wait_until
from support.submissions import REPORT_ID, body

pytestmark = [pytest.mark.crash, pytest.mark.timeout(240)]


def send(api: Oonib, raw: bytes) -> str:
    answer = httpx.post(f"{api.url}/report/{REPORT_ID}", content=raw, timeout=30)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["measurement_uid"])


@pytest.mark.slow
def test_the_same_a_hundred_times_at_once_and_after_a_kill(tmp_path: Path) -> None:
    raw = body()
    api = Oonib("api", data_dir=tmp_path)
    with api:
        with ThreadPoolExecutor(16) as clients:
            uids = set(clients.map(lambda _: send(api, raw), range(100)))
        assert len(uids) == 1
        api.kill()
        api.start()
        assert {send(api, raw)} == uids
        assert api.stop() == 0
        api.start()
        assert {send(api, raw)} == uids
    spool = Spool(tmp_path / "spool" / "spool.sqlite")
    assert spool.status().entries == 1
    counts = Counter({tally.outcome: tally.n for tally in spool.ledger()})
    assert (counts["accepted"], counts["duplicate"]) == (1, 101)
    spool.close()


def stops(backend: Oonib, count: int) -> None:
    backend.start("/health")
    journal = Journal(backend)
    for _ in range(count):
        journal.start_load(clients=4)
        time.sleep(1.5)
        started = time.monotonic()
        assert backend.stop(15) == 0
        assert time.monotonic() - started < 10
        journal.stop_load()
        backend.start()
    wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
    # While it stopped nobody was answered with an error of ours: refused or cut off, but no 5xx.
    assert not {kind for kind in journal.failures if kind.startswith("5")}, journal.failures
    journal.send_again()
    settle(backend)
    check_kept(journal)
    check_none_twice(journal)


@pytest.mark.clickhouse
def test_asked_to_stop_under_load(backend: Oonib) -> None:
    stops(backend, 1)


@pytest.mark.slow
def test_asked_to_stop_again_and_again(backend: Oonib) -> None:
    stops(backend, 10)
