"""Real oonib processes: started, stopped, killed, watched."""

import contextlib
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psutil


def _ports() -> Iterator[int]:
    """Those of this process of the tests, below what the system gives to clients: nobody else takes one
    between the look and the use."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw9").removeprefix("gw"))
    start = 15_000 + 1_500 * (worker % 10)
    return itertools.cycle(range(start + os.getpid() % 500, start + 1_500))


_PORTS = _ports()


def free_port() -> int:
    """A port that nothing listens on at this moment, and none that was given a short while ago."""
    for port in _PORTS:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


def wait_until(condition: Callable[[], Any], seconds: float = 30.0, what: str = "the condition") -> Any:
    """Poll until `condition` gives something true, and return it."""
    until = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < until, f"{what} did not come about in {seconds} s"
        time.sleep(0.05)


def clean_environment(**settings: object) -> dict[str, str]:
    """This environment without oonib's variables, plus `settings`."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("OONIB_", "PROMETHEUS_"))}
    return {**kept, **{f"OONIB_{key.upper()}": str(value) for key, value in settings.items()}}


def run_oonib(
    *words: str, env: Mapping[str, str] | None = None, timeout: float = 60
) -> subprocess.CompletedProcess[str]:
    """One command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "oonib", *words],
        env=dict(env or clean_environment()),
        capture_output=True,
        text=True,
        timeout=timeout,
        check=False,
    )


class Oonib:
    """A long-running oonib command with an HTTP address: `api` or `up`."""

    def __init__(self, *words: str, data_dir: Path, port: int | None = None, **settings: object) -> None:
        self.words = words
        self.data_dir = data_dir
        self.port = port or free_port()
        self.settings = settings
        self.process: subprocess.Popen[bytes] | None = None
        data_dir.mkdir(parents=True, exist_ok=True)
        self.log = data_dir / f"{words[0]}.log"

    @property
    def url(self) -> str:
        """Where it answers."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        """For other commands on the same backend."""
        return clean_environment(data_dir=self.data_dir, port=self.port, **self.settings)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()

    def start(self, path: str = "/version", seconds: float = 60.0) -> None:
        """Start and wait until `path` answers 200."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "oonib", *self.words],
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        try:
            wait_until(lambda: self._answers(path), seconds, f"{path} of {self.words}")
        except AssertionError:
            self.kill()
            raise AssertionError(self.log.read_text(errors="replace")[-5000:]) from None

    def _answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.log.read_text(errors="replace")[-5000:]
        return self.get(path)[0] == 200

    def get(self, path: str) -> tuple[int, Any]:
        """Status and parsed body; status 0 when nobody answers."""
        try:
            with urllib.request.urlopen(self.url + path, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as exc:
            with exc:
                return exc.code, json.loads(exc.read() or b"null")
        except (urllib.error.URLError, OSError, ValueError):
            return 0, None

    def tree(self) -> list[psutil.Process]:
        """The process and all below it."""
        if self.process is None or self.process.poll() is not None:
            return []
        root = psutil.Process(self.process.pid)
        return [root, *root.children(recursive=True)]

    def kill(self) -> None:
        """SIGKILL to the whole tree at one moment: what a power cut does to processes."""
        if self.process is None:
            return
        tree = self.tree()
        for victim in tree:
            try:
                victim.send_signal(signal.SIGSTOP)
            except psutil.NoSuchProcess:
                continue
        for victim in tree:
            try:
                victim.kill()
            except psutil.NoSuchProcess:
                continue
        psutil.wait_procs(tree, timeout=30)
        self.process.wait(30)
        self.process = None

    def stop(self, seconds: float = 10.0) -> int:
        """SIGTERM; the exit status."""
        assert self.process is not None
        self.process.terminate()
        status = self.process.wait(seconds)
        self.process = None
        return status
