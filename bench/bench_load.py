"""A host under a mixed load for minutes: submissions, check-ins and searches together against `oonib up`.

Answer times for each kind, and over time what waits to be scored, how long it has waited, and the memory of
all processes with what they share counted once. The load comes from a process of its own on the same machine,
so its share of the processors is taken from the server's.
"""

import argparse
import asyncio
import json
import multiprocessing
import pickle
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from multiprocessing.process import BaseProcess
from pathlib import Path

import psutil

from bench.load import mixed_bodies
from oonib.spool import Spool

from support.processes import Oonib, wait_until

_CHECK_IN_SHARE = 0.1
_SEARCH_SHARE = 0.01
_SEARCHES = (
    "/api/v1/measurements?limit=50",
    "/api/v1/measurements?test_name=web_connectivity&probe_cc=IT&limit=20",
    "/api/v1/aggregation?axis_x=measurement_start_day&test_name=web_connectivity",
)
_CONNECTIONS = {"submission": 24, "check-in": 6, "search": 4}
_CHECK_IN = json.dumps(
    {
        "probe_cc": "IT",
        "probe_asn": "AS3269",
        "platform": "android",
        "software_name": "ooniprobe-android",
        "software_version": "4.0.0",
        "on_wifi": True,
        "charging": True,
        "run_type": "timed",
        "web_connectivity": {"category_codes": []},
    }
).encode()
_SHAPES = 2000
_NUMBERED = b"@report-id@"


@dataclass
class Kind:
    """What came of one kind of request."""

    seconds: list[float] = field(default_factory=list)
    other: dict[str, int] = field(default_factory=dict)
    late: float = 0.0
    """Longest that a request was sent after its time, in seconds: more than a little, and it is too much."""


def submissions() -> list[tuple[str, bytes]]:
    """Bodies of the mix, with a place in the report id for a number."""
    return [
        (report_id[:-16], body.replace(report_id.encode(), _NUMBERED))
        for report_id, body in mixed_bodies(_SHAPES)
    ]


def _post(path: str, body: bytes) -> bytes:
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    return head.encode() + b"\r\n\r\n" + body


def _request(kind: str, number: int, shapes: list[tuple[str, bytes]]) -> bytes:
    if kind == "check-in":
        return _post("/api/v1/check-in", _CHECK_IN)
    if kind == "search":
        return f"GET {_SEARCHES[number % len(_SEARCHES)]} HTTP/1.1\r\nHost: x\r\n\r\n".encode()
    stem, body = shapes[number % len(shapes)]
    report_id = f"{stem}{number:016x}"
    return _post(f"/report/{report_id}", body.replace(_NUMBERED, report_id.encode()))


async def _send(port: int, kind: str, rate: float, seconds: float, found: Kind) -> None:
    """Start `rate` requests a second, whatever the answers take; waiting for a connection counts too."""
    shapes = submissions() if kind == "submission" else []
    numbers = iter(range(int(rate * seconds)))
    started = time.perf_counter()

    async def client() -> None:
        reader = writer = None
        for number in numbers:
            due = started + number / rate
            request = _request(kind, number, shapes)
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            found.late = max(found.late, time.perf_counter() - due)
            try:
                if reader is None or writer is None:
                    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
                status = await _exchange(reader, writer, request)
            except (OSError, asyncio.IncompleteReadError) as exc:
                status, reader = type(exc).__name__, None
            if status == "200":
                found.seconds.append(time.perf_counter() - due)
            else:
                found.other[status] = found.other.get(status, 0) + 1
        if writer is not None:
            writer.close()

    await asyncio.gather(*(client() for _ in range(_CONNECTIONS[kind])))


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, request: bytes) -> str:
    writer.write(request)
    await writer.drain()
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b"content-length:" in head:
        await reader.readexactly(int(head.partition(b"content-length:")[2].partition(b"\r\n")[0]))
    else:
        while size := int(await reader.readuntil(b"\r\n"), 16):
            await reader.readexactly(size + 2)
        await reader.readexactly(2)
    return head.split(b" ", 2)[1].decode()


def _load(port: int, rate: float, seconds: float, out: Path) -> None:
    """The process that sends."""
    found = {kind: Kind() for kind in _CONNECTIONS}
    rates = {"submission": rate, "check-in": rate * _CHECK_IN_SHARE, "search": rate * _SEARCH_SHARE}

    async def together() -> None:
        await asyncio.gather(*(_send(port, kind, rates[kind], seconds, found[kind]) for kind in found))

    asyncio.run(together())
    # A file: a pipe holds little, and whoever fills it cannot end.
    out.write_bytes(pickle.dumps(found))


def _memory(backend: Oonib) -> dict[str, float]:
    """MB of each process by what it does."""
    found: dict[str, float] = {}
    for process in backend.tree():
        try:
            words = process.cmdline()
            name = words[words.index("oonib") + 1] if "oonib" in words else "helpers"
            found[name] = found.get(name, 0.0) + process.memory_full_info().pss / 1e6
        except psutil.NoSuchProcess:
            continue
    return found


def _watch(backend: Oonib, seconds: float, alive: BaseProcess) -> None:
    """A line for each twentieth of the time: what waits, since when, memory."""
    spool = Spool(backend.data_dir / "spool" / "spool.sqlite")
    print("| second | wait to be scored | oldest, s | spool MB | memory MB | of it |")
    print("|---|---|---|---|---|---|")
    started = time.monotonic()
    while alive.is_alive():
        status, memory = spool.status(), _memory(backend)
        parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.items()))
        print(
            f"| {time.monotonic() - started:.0f} | {status.unscored} | {status.oldest_unscored or 0:.1f}"
            f" | {status.used_bytes / 1e6:.0f} | {sum(memory.values()):.0f} | {parts} |",
            flush=True,
        )
        alive.join(max(1.0, seconds / 20))
    ended = time.monotonic()
    wait_until(lambda: spool.status().unscored == 0, 3600, "an empty backlog")
    print(f"\nBacklog worked off {time.monotonic() - ended:.1f} s after the last request.")
    spool.close()


def _percentiles(seconds: list[float]) -> list[float]:
    """The first to the 99th, in milliseconds."""
    if len(seconds) < 2:
        return [0.0] * 99
    return [1000 * cut for cut in statistics.quantiles(seconds, n=100)]


def main() -> None:
    """Start a backend, load it, print two tables."""
    parser = argparse.ArgumentParser(prog="python -m bench load")
    parser.add_argument("name", nargs="*")
    parser.add_argument("--seconds", type=float, default=600.0)
    parser.add_argument("--rate", type=float, default=500.0, help="submissions a second")
    asked = parser.parse_args()
    context = multiprocessing.get_context("spawn")
    with tempfile.TemporaryDirectory(prefix="oonib-load-") as folder:
        # One network sends everything: as a quota it would be refused before anything else is measured.
        settings = {"fingerprints_source": "starter", "quota_unmetered_networks": "127.0.0.1"}
        with Oonib("up", data_dir=Path(folder), **settings) as backend:
            wait_until(lambda: backend.get("/health")[0] == 200, 60, "a green backend")
            out = Path(folder) / "found.pickle"
            sender = context.Process(target=_load, args=(backend.port, asked.rate, asked.seconds, out))
            sender.start()
            _watch(backend, asked.seconds, sender)
            sender.join()
            found = pickle.loads(out.read_bytes())
    print(
        "\n| kind | answered | a second | p50 ms | p95 ms | p99 ms | longest ms | late at most ms | other |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for kind, one in found.items():
        cuts = _percentiles(one.seconds)
        longest = 1000 * max(one.seconds, default=0.0)
        print(
            f"| {kind} | {len(one.seconds)} | {len(one.seconds) / asked.seconds:.0f} | {cuts[49]:.1f}"
            f" | {cuts[94]:.1f} | {cuts[98]:.1f} | {longest:.0f} | {1000 * one.late:.0f}"
            f" | {one.other or 'none'} |"
        )
