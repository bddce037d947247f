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
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException

_FIRST_PAUSE = 0.5
_LONGEST_PAUSE = 5.0
_STEADY_SECONDS = 20.0
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
    """Children are listed in starting order; those of one group of `stop_order` are stopped together."""

    children: list[Child]
    stop_order: Sequence[Sequence[str]]
    environment: Mapping[str, str]
    health_url: str
    say: Callable[[str], None]
    stopping: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Keep everything running until asked to stop, then stop it."""
        # Beside the loop: a slow answer must not keep a dead child dead or a signal waiting.
        threading.Thread(target=self._announce_when_green, name="health", daemon=True).start()
        try:
            while not self.stopping.is_set():
                for child in self.children:
                    self._tend(child)
                self.stopping.wait(_LOOK_EVERY)
        finally:
            self._stop_all()

    def _tend(self, child: Child) -> None:
        now = time.monotonic()
        if child.running or (child.process is not None and self._ended(child, now)):
            return
        if child.process is None and now >= child.due:
            # Away from the terminal: its Ctrl-C and hang-up are for us, who stop the children in order.
            child.process = subprocess.Popen(  # noqa: S603 - our own program
                child.command, env=dict(self.environment), stdin=subprocess.DEVNULL, start_new_session=True
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
        while not self._green():
            if self.stopping.wait(_HEALTH_EVERY):
                return
        self.say(f"oonib is up: {self.health_url.removesuffix('/health')}/")

    def _green(self) -> bool:
        # A proxy of the environment is for the world outside, not for our own address.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(self.health_url, timeout=5) as answer:
                return bool(json.load(answer)["status"] == "ok")
        except (OSError, HTTPException, ValueError, KeyError):
            return False

    def _stop_all(self) -> None:
        by_name = {child.name: child for child in self.children}
        for names in self.stop_order:
            group = [by_name[name] for name in names if name in by_name and by_name[name].running]
            for child in group:
                _signal(child, signal.SIGTERM)
            started = time.monotonic()
            for child in group:
                self._wait_or_kill(child, started + child.stop_seconds)

    def _wait_or_kill(self, child: Child, until: float) -> None:
        assert child.process is not None
        try:
            child.process.wait(max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            self.say(f"{child.name} does not stop, ending it")
            _signal(child, signal.SIGKILL)
            child.process.wait()


def _signal(child: Child, number: signal.Signals) -> None:
    assert child.process is not None
    child.process.send_signal(number)


def command(*words: str) -> list[str]:
    """The command line of one of oonib's own processes."""
    return [sys.executable, "-m", "oonib", *words]


def child_environment(extra: Mapping[str, str]) -> dict[str, str]:
    """This process's environment with `extra`, for its children."""
    return {**os.environ, **extra}
