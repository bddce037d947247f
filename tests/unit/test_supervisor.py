"""Children are started, watched and stopped, in order and in time, whatever they do."""

import http.server
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.supervisor import Child, Supervisor

_CHILD = """
import signal, sys, time
def note(*_):
    open(sys.argv[1], "a").write(sys.argv[2] + "\\n")
    if sys.argv[3] == "ends":
        sys.exit(0)
signal.signal(signal.SIGTERM, note)
open(sys.argv[1] + "." + sys.argv[2], "w")
time.sleep(60)
time.sleep(60)
"""


class Garbage(http.server.BaseHTTPRequestHandler):
    """Answers as a server does that is killed while it answers."""

    def do_GET(self) -> None:
        self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n{")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def garbage() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), Garbage)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/health"
    server.shutdown()
    thread.join()
    server.server_close()


def child(journal: Path, name: str, behaviour: str) -> Child:
    return Child(name, [sys.executable, "-c", _CHILD, str(journal), name, behaviour], 0.5)


def test_stopped_in_order_and_in_time(tmp_path: Path, garbage: str) -> None:
    journal = tmp_path / "journal"
    children = [
        child(journal, "store", "ends"),
        child(journal, "deaf", "stays"),
        child(journal, "front", "ends"),
    ]
    said: list[str] = []
    supervisor = Supervisor(
        children, (("front",), ("deaf", "absent"), ("store",)), os.environ, garbage, said.append
    )
    runner = threading.Thread(target=supervisor.run)
    runner.start()
    until = time.monotonic() + 20
    while not all((tmp_path / f"journal.{one.name}").exists() for one in children):
        assert time.monotonic() < until
        time.sleep(0.02)
    for one in children:
        assert one.process is not None
        # A terminal's Ctrl-C would otherwise reach all of them at once.
        assert os.getsid(one.process.pid) == one.process.pid
    supervisor.stopping.set()
    runner.join(10)
    assert not runner.is_alive()
    assert journal.read_text().split() == ["front", "deaf", "store"]
    assert said == ["deaf does not stop, ending it"]
    assert [one.process.returncode for one in children if one.process] == [0, -signal.SIGKILL, 0]
