"""Standing and charge over the real store, under a clock that the tests move."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import lmdb
import pytest
from prometheus_client import CollectorRegistry

from oonib.metrics.quota import QuotaMetrics
from oonib.quota import Caller, Callers, Limits, Quotas, StoreFailed, parse_networks

from support.processes import wait_until

ADDRESS = "192.0.2.7"
LIMITS = Limits.of(100, 200, 300)


class Host:
    """Quotas of one or several processes over one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.now = 1_800_000_000.0
        self.registry = CollectorRegistry()
        self.metrics = QuotaMetrics(self.registry)
        self.open: list[Quotas] = []

    def quotas(self) -> Quotas:
        quotas = Quotas(
            self.folder / "quotas",
            Callers(b"secret", parse_networks(["203.0.113.0/24"])),
            networks=LIMITS,
            accounts=Limits.of(1000, 2000, 3000),
            metrics=self.metrics,
            clock=lambda: self.now,
        )
        self.open.append(quotas)
        quotas.start()
        return quotas

    def failures(self, reason: str) -> float:
        return self.registry.get_sample_value("oonib_quota_store_failures_total", {"reason": reason}) or 0.0


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Host]:
    host = Host(tmp_path)
    yield host
    for quotas in host.open:
        quotas.close()


def caller(quotas: Quotas, address: str = ADDRESS, account: str | None = None) -> Caller:
    found = quotas.caller(address, account)
    assert found is not None
    return found


def written(quotas: Quotas, address: str = ADDRESS) -> Callable[[], bool]:
    """Whether nothing waits any more."""
    key = caller(quotas, address).key
    return lambda: quotas._charging.pending(key) == 0


def test_exhausted_and_filled_again(host: Host) -> None:
    quotas = host.quotas()
    assert caller(quotas).standing.remaining == 100
    quotas.charge(caller(quotas), 40)
    assert caller(quotas).standing.remaining == 60
    quotas.charge(caller(quotas), 80)
    refused = caller(quotas).standing
    assert refused.exhausted
    wait_until(written(quotas))
    assert caller(quotas).standing.exhausted
    host.now += refused.retry_after
    assert not caller(quotas).standing.exhausted
    host.now += 3600
    assert caller(quotas).standing.remaining == 4
    host.now += 720 * 3600
    assert caller(quotas).standing.remaining == 100


def test_the_next_process_reads_what_this_one_charged(host: Host) -> None:
    first, second = host.quotas(), None
    first.charge(caller(first), 30.5)
    first.close()
    second = host.quotas()
    assert caller(second).standing.levels.left == (69.5, 169.5, 269.5)
    assert caller(second, "198.51.100.1").standing.remaining == 100
    assert caller(second, "192.0.2.200").standing.remaining == 69


def test_nothing_on_disk_tells_the_address(host: Host) -> None:
    quotas = host.quotas()
    quotas.charge(caller(quotas), 1)
    quotas.close()
    stored = (host.folder / "quotas" / "data.mdb").read_bytes()
    assert b"192.0.2" not in stored
    assert bytes([192, 0, 2, 7]) not in stored
    assert caller(host.quotas()).key in stored


def test_accounts_have_quotas_of_their_own(host: Host) -> None:
    quotas = host.quotas()
    quotas.charge(caller(quotas), 100)
    assert caller(quotas).standing.exhausted
    ada = caller(quotas, account="ada")
    assert ada.standing.remaining == 1000
    quotas.charge(ada, 5)
    assert caller(quotas, "198.51.100.9", "ada").standing.remaining == 995
    assert caller(quotas, account="eve").standing.remaining == 1000
    assert host.registry.get_sample_value("oonib_quota_seconds_total", {"kind": "account"}) == 5


def test_unmetered_networks_have_no_standing(host: Host) -> None:
    quotas = host.quotas()
    assert quotas.caller("203.0.113.77") is None


def test_threads_lose_no_charge(host: Host) -> None:
    quotas = host.quotas()
    payer = caller(quotas)

    def pay() -> None:
        for _ in range(500):
            quotas.charge(payer, 0.01)

    threads = [threading.Thread(target=pay) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    quotas.close()
    assert caller(host.quotas()).standing.levels.left[0] == pytest.approx(80)


def test_a_charge_waits_for_no_lock(host: Host) -> None:
    quotas = host.quotas()
    payer = caller(quotas)
    store = quotas._charging.store
    assert store is not None
    with store._env.begin(write=True):
        began = time.monotonic()
        quotas.charge(payer, 30)
        assert caller(quotas).standing.remaining == 70
        time.sleep(0.3)
        # Another request at that moment, while the thread waits for the lock.
        assert caller(quotas).standing.remaining == 70
        assert time.monotonic() - began < 1
    wait_until(written(quotas))
    assert caller(quotas).standing.remaining == 70


def test_a_store_that_fails_lets_everybody_through(host: Host, tmp_path: Path) -> None:
    (tmp_path / "quotas").write_text("not a folder")
    quotas = host.quotas()
    assert quotas.caller(ADDRESS) is None
    assert host.failures("open") == 1
    assert host.failures("away") == 1
    with pytest.raises(StoreFailed):
        quotas.lowest()


def test_a_file_broken_between_two_runs_is_healed_and_counted(host: Host) -> None:
    quotas = host.quotas()
    quotas.charge(caller(quotas), 60)
    quotas.close()
    (host.folder / "quotas" / "data.mdb").write_bytes(b"broken" * 5000)
    assert caller(host.quotas()).standing.remaining == 100
    assert host.failures("healed") == 1


def test_a_file_replaced_by_another_process_is_followed(host: Host) -> None:
    quotas = host.quotas()
    (host.folder / "quotas").rename(host.folder / "aside")
    quotas.charge(caller(quotas), 10)
    wait_until(lambda: host.failures("replaced") == 1)
    wait_until((host.folder / "quotas" / "data.mdb").exists)
    wait_until(lambda: quotas.caller(ADDRESS) is not None)
    wait_until(written(quotas))
    assert caller(quotas).standing.remaining == 90


def test_an_error_while_writing_is_counted_and_gone_at_the_next(
    host: Host, monkeypatch: pytest.MonkeyPatch
) -> None:
    quotas = host.quotas()
    store = quotas._charging.store
    assert store is not None

    def fails(*_args: object) -> None:
        raise StoreFailed("write") from lmdb.CorruptedError()

    monkeypatch.setattr(store, "change", fails)
    quotas.charge(caller(quotas), 10)
    wait_until(lambda: host.failures("write") == 1)
    # The failure is counted a moment before the store is let go.
    wait_until(lambda: quotas.caller(ADDRESS) is None)
    monkeypatch.setattr("oonib.quota.charging._REOPEN_SECONDS", 0.0)
    quotas._charging._wake.set()
    wait_until(lambda: quotas.caller(ADDRESS) is not None)
    quotas.charge(caller(quotas), 10)
    wait_until(written(quotas))
    assert caller(quotas).standing.remaining == 90


def test_the_lowest_come_first(host: Host) -> None:
    quotas = host.quotas()
    for number in range(30):
        quotas.charge(caller(quotas, f"198.51.{number}.1"), number)
    wait_until(written(quotas, "198.51.29.1"))
    lowest = quotas.lowest()
    assert [left for _, left in lowest] == [71.0 + number for number in range(20)]
    assert lowest[0][0] == caller(quotas, "198.51.29.1").key.hex()


def test_the_sweep_forgets_those_who_are_full(host: Host) -> None:
    quotas = host.quotas()
    quotas.charge(caller(quotas), 1)
    quotas.charge(caller(quotas, "198.51.100.1"), 100)
    wait_until(written(quotas))
    store = quotas._charging.store
    assert store is not None
    host.now += 3 * 3600
    quotas._sweep(store)
    assert [key for key, _ in store.items()] == [caller(quotas, "198.51.100.1").key]
    assert host.registry.get_sample_value("oonib_quota_entries") == 1
