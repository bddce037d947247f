"""`oonib up`: starts the processes of one host, restarts what dies, stops all in the right order.

Knows processes by their command lines only, so it stays small and loads none of what they need.
"""

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 30.0
_STEADY_SECONDS = 60.0
_LOOK_EVERY = 0.1
_HEALTH_EVERY = 0.4


@dataclass
class Child:
    """One process: how it is started, and how long it may take to stop."""

    name: str
    command: Sequence[str]
    stop_seconds: float
    once: bool = False
    process: subprocess.Popen[bytes] | None = None
    started: float = 0.0
    pause: float = _FIRST_PAUSE
    due: float = 0.0
    restarts: int = 0

    @property
    def running(self) -> bool:
        """Whether the process lives."""
        return self.process is not None and self.process.poll() is None


@dataclass
class Supervisor:
    """Children are listed in starting order; they are stopped in the order of `stop_order`."""

    children: list[Child]
    stop_order: Sequence[str]
    environment: Mapping[str, str]
    health_url: str
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)
    _announced: bool = False
    _looked: float = 0.0

    def run(self) -> None:
        """Keep everything running until asked to stop, then stop it."""
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    self._tend(child)
                if not self._announced and time.monotonic() - self._looked > _HEALTH_EVERY:
                    self._looked = time.monotonic()
                    self._announce_when_green()
                self.stopping.wait(_LOOK_EVERY)
        finally:
            self._stop_all()

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.running or (child.process is not None and self._ended(child, now)):
            return
        if child.process is None and now >= child.due:
            child.process = subprocess.Popen(  # noqa: S603 - our own program
                child.command, env=dict(self.environment), stdin=subprocess.DEVNULL
            )
            child.started = now

    def _ended(self, child: Child, now: float) -> bool:
        """Note the end of a process; True when it is not to be started again."""
        assert child.process is not None
        status = child.process.returncode
        if child.once and status == 0:
            return True
        if now - child.started > _STEADY_SECONDS:
            child.pause = _FIRST_PAUSE
        self.say(f"{child.name} ended with status {status}, starting it again in {child.pause:.1f} s")
        child.process, child.due = None, now + child.pause
        child.pause = min(2 * child.pause, _LONGEST_PAUSE)
        child.restarts += 1
        return False

    def _announce_when_green(self) -> None:
        try:
            with urllib.request.urlopen(self.health_url, timeout=5) as answer:  # noqa: S310 - our own address
                green = json.load(answer)["status"] == "ok"
        except (urllib.error.URLError, OSError, ValueError, KeyError):
            return
        if green:
            self._announced = True
            self.say(f"oonib is up: {self.health_url.removesuffix('/health')}/")

    def _stop_all(self) -> None:
        by_name = {child.name: child for child in self.children}
        for name in self.stop_order:
            child = by_name.get(name)
            if child is not None and child.process is not None and child.running:
                child.process.send_signal(signal.SIGTERM)
                try:
                    child.process.wait(child.stop_seconds)
                except subprocess.TimeoutExpired:
                    self.say(f"{name} does not stop, ending it")
                    child.process.kill()
                    child.process.wait()


def command(*words: str) -> list[str]:
    """The command line of one of oonib's own processes."""
    return [sys.executable, "-m", "oonib", *words]


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `extra`, for its children."""
    return {**os.environ, **extra}
