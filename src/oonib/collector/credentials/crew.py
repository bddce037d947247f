"""A few processes for calls that may end the process that makes them. One call at a time in each.

They are started when they are needed and end with this process. A call that ends one, or hangs, has failed,
and no other call notices.
"""

import json
import os
import queue
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import structlog

_PROGRAM = Path(__file__).with_name("worker.py")
_LONGEST_ANSWER = 64 * 1024
_SECONDS = 10.0


class Crashed(Exception):
    """The call took its process down, or did not end in time."""


class _Gone(Exception):
    """The process had ended before it was given the call."""


class Crew:
    """At most `size` processes. Safe from any thread; a call waits for a free one."""

    def __init__(self, size: int = 2, *, seconds: float = _SECONDS) -> None:
        self._seconds = seconds
        self._seats: queue.LifoQueue[_Member | None] = queue.LifoQueue()
        self._size = size
        for _ in range(size):
            self._seats.put(None)

    def call(self, asked: dict[str, Any]) -> dict[str, Any]:
        """The answer to one request of `worker`. Raises `Crashed`."""
        line = json.dumps(asked).encode() + b"\n"
        try:
            member = self._seats.get(timeout=self._seconds)
        except queue.Empty:
            raise Crashed("no process is free") from None
        try:
            try:
                member = member or _Member()
                return member.call(line, self._seconds)
            except _Gone:
                # Ended by the system while it had nothing to do: that is no fault of this call.
                member = _renewed(member)
                return member.call(line, self._seconds)
        except (Crashed, _Gone, OSError) as exc:
            structlog.get_logger("credentials").warning("a process ended", during=asked["call"])
            if member is not None:
                member.end()
                member = None
            raise Crashed(asked["call"]) from exc
        finally:
            self._seats.put(member)

    def close(self) -> None:
        """End the processes, each after its call."""
        for member in [self._seats.get() for _ in range(self._size)]:
            if member is not None:
                member.end()
            self._seats.put(None)


class _Member:
    """One process."""

    def __init__(self) -> None:
        # The settings, with their secrets, are none of its business.
        environment = {key: value for key, value in os.environ.items() if not key.startswith("OONIB_")}
        self._process = subprocess.Popen(  # noqa: S603 - our own program, nothing of a request
            [sys.executable, "-P", str(_PROGRAM)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**environment, "RUST_BACKTRACE": "0"},
            bufsize=0,
        )

    def call(self, line: bytes, seconds: float) -> dict[str, Any]:
        """Raises `_Gone`, `Crashed`."""
        assert self._process.stdin is not None
        try:
            rest = memoryview(line)
            while rest:
                rest = rest[self._process.stdin.write(rest) or 0 :]
        except BrokenPipeError:
            raise _Gone from None
        answer: dict[str, Any] = json.loads(self._line(time.monotonic() + seconds))
        return answer

    def _line(self, until: float) -> bytes:
        assert self._process.stdout is not None
        descriptor = self._process.stdout.fileno()
        ready = select.poll()
        ready.register(descriptor, select.POLLIN)
        read = bytearray()
        while not read.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not ready.poll(left * 1000):
                raise Crashed("no answer in time")
            piece = os.read(descriptor, _LONGEST_ANSWER)
            if not piece or len(read) > _LONGEST_ANSWER:
                raise Crashed("the process ended")
            read += piece
        return bytes(read)

    def end(self) -> None:
        """End it at once, whatever it does."""
        self._process.kill()
        # Leaving the context closes the pipes and waits for the end.
        with self._process:
            pass


def _renewed(member: _Member | None) -> _Member:
    if member is not None:
        member.end()
    return _Member()
