"""ClickHouse that answers after everybody has stopped waiting, or ends amid an insert and comes back (D7).

What arrives late is done late and again: each measurement has one row all the same, without FINAL.
"""

import socket
import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from oonib.warehouse.client import Warehouse

from support.clickhouse import EmbeddedServer
from support.faultproxy import Fault, FaultProxy
from support.journal import Journal, settle
from support.processes import Oonib, wait_until

pytestmark = [pytest.mark.crash, pytest.mark.clickhouse, pytest.mark.timeout(300)]


class KillingProxy(FaultProxy):
    """Passes everything on; when armed it ends the server at the next insert of rows."""

    def __init__(self, server: EmbeddedServer) -> None:
        super().__init__(server.port)
        self._server = server
        self._armed = threading.Event()
        self.killed = threading.Event()
        self._whole = False

    def arm(self, *, whole: bool) -> None:
        """The next insert arrives `whole`, or half of it, and nothing is alive to answer."""
        self._whole = whole
        self.killed.clear()
        self._armed.set()

    def _pump(
        self, source: socket.socket, sink: socket.socket, fault: Fault, pair: Any, request: bool
    ) -> None:
        super()._pump(Watched(source, self._seen) if request else source, sink, fault, pair, request)

    def _seen(self, piece: bytes) -> bytes:
        if b"insert_deduplication_token" not in piece or not self._armed.is_set():
            return piece
        self._armed.clear()
        if not self._whole:
            piece = piece[: len(piece) // 2]
        # After what is returned here has been passed on, or while it is.
        threading.Timer(0.0 if self._whole else 0.05, self._kill).start()
        return piece

    def _kill(self) -> None:
        self._server.kill()
        self.killed.set()


class Watched:
    """A socket whose pieces are looked at, and perhaps cut, as they come in."""

    def __init__(self, inner: socket.socket, seen: Any) -> None:
        self._inner = inner
        self._look = seen

    def recv(self, size: int) -> bytes:
        return self._look(self._inner.recv(size))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Late:
    """A backend whose ClickHouse is behind a proxy, and that waits `query_seconds` for it."""

    def __init__(self, folder: Path, server: EmbeddedServer, query_seconds: float) -> None:
        self.server = server
        self.proxy = KillingProxy(server)
        url = server.url.replace(f":{server.port}/", f":{self.proxy.port}/")
        self.up = Oonib(
            "up",
            data_dir=folder,
            clickhouse_url=url,
            fingerprints_source="starter",
            workers=1,
            query_seconds=query_seconds,
        )
        self.journal = Journal(self.up)
        self.warehouse = Warehouse.connect(server.url)

    def start(self) -> None:
        """Until it is green and has inserted: only who knows the columns by then can insert late."""
        self.up.start()
        wait_until(lambda: self.up.get("/health")[0] == 200, 60, "a green backend")
        self.journal.send(1)
        settle(self.up, 60)

    def rows(self) -> Counter[str]:
        """How often each uid is there, versions and all."""
        sql = "SELECT measurement_uid AS u, count() AS n FROM fastpath GROUP BY u"
        return Counter({row["u"]: row["n"] for row in self.warehouse.select(sql)})

    def check(self) -> None:
        """Each acknowledged measurement has one row, nothing else has any."""
        settle(self.up, 120)
        rows = self.rows()
        assert set(rows) == set(self.journal.acknowledged.values())
        assert set(rows.values()) == {1}
        assert not self.journal.failures, self.journal.failures

    def close(self) -> None:
        """End everything but the server."""
        self.up.kill()
        self.warehouse.close()
        self.proxy.__exit__(None, None, None)


@pytest.fixture(scope="module")
def server() -> Iterator[EmbeddedServer]:
    with EmbeddedServer() as server:
        yield server


@pytest.fixture(scope="module")
def late(server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Late]:
    late = Late(tmp_path_factory.mktemp("late") / "data", server, 2)
    late.start()
    yield late
    late.close()


def answers_late(late: Late, seconds: float) -> None:
    """The rows come in while their sender has given up and sent them again."""
    before = sum(late.rows().values())
    late.proxy.fail(Fault("slow", seconds=seconds))
    try:
        late.journal.send(20)
        wait_until(lambda: sum(late.rows().values()) > before, 90 + 3 * seconds, "a late insert")
        assert late.proxy.hits
        late.journal.send(5)
    finally:
        late.proxy.heal()
    late.check()


def test_answers_after_the_time_limit(late: Late) -> None:
    answers_late(late, 8)


@pytest.mark.parametrize("whole", [True, False], ids=["after it came in", "in the middle"])
def test_restarted_amid_an_insert(late: Late, whole: bool) -> None:
    late.proxy.arm(whole=whole)
    late.journal.send(20)
    assert late.proxy.killed.wait(60)
    late.journal.send(5)
    late.server.start()
    late.check()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_hangs_for_as_long_as_the_limit_is_by_default(tmp_path: Path) -> None:
    with EmbeddedServer() as server:
        late = Late(tmp_path / "data", server, 28)
        late.start()
        answers_late(late, 32)
        late.close()
