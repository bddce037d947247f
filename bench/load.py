"""A load of submissions over a few connections, cheap enough to share two processors with the server.

Bodies are made beforehand; a connection sends the next request as soon as the answer is in, or on a clock.
"""

import asyncio
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from oonib.simulate import World, fixed_size_body

_SHAPES = 40


@dataclass
class Sent:
    """What came of a load: seconds of each answer, uids, and answers other than 200."""

    seconds: list[float] = field(default_factory=list)
    uids: list[str] = field(default_factory=list)
    other: int = 0
    elapsed: float = 0.0

    @property
    def rate(self) -> float:
        """Durable submissions a second."""
        return len(self.seconds) / self.elapsed


def fixed_bodies(count: int, size: int) -> list[tuple[str, bytes]]:
    """`(report id, envelope)`, each near `size` bytes and each in a report of its own."""
    made = [fixed_size_body(size, seed) for seed in range(min(count, _SHAPES))]
    ids = [json.loads(envelope)["content"]["report_id"] for envelope in made]
    bodies = []
    for number in range(count):
        old = ids[number % _SHAPES]
        new = f"{old[:-16]}{number:016x}"
        bodies.append((new, made[number % _SHAPES].replace(old.encode(), new.encode())))
    return bodies


def mixed_bodies(count: int, seed: int = 1) -> Iterator[tuple[str, bytes]]:
    """The mix of a real hour: nettests and sizes as the simulated world has them."""
    now = datetime.now(UTC)
    for measurement in World(seed).measurements(count, start=now - timedelta(hours=1), end=now):
        yield str(measurement.body["report_id"]), measurement.envelope()


def requests(bodies: list[tuple[str, bytes]]) -> list[bytes]:
    """The bodies as HTTP requests."""
    return [
        f"POST /report/{report_id} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
        f"Content-Length: {len(body)}\r\n\r\n".encode()
        + body
        for report_id, body in bodies
    ]


def run(port: int, wire: list[bytes], *, connections: int = 16, rate: float | None = None) -> Sent:
    """Send everything. With `rate`, so many a second are started, whatever the answers take."""
    return asyncio.run(_run(port, wire, connections, rate))


async def _run(port: int, wire: list[bytes], connections: int, rate: float | None) -> Sent:
    sent = Sent()
    queue = iter(enumerate(wire))
    started = time.perf_counter()

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, request in queue:
            if rate is not None:
                await asyncio.sleep(max(0.0, started + number / rate - time.perf_counter()))
            begun = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            if head.startswith(b"HTTP/1.1 200"):
                sent.seconds.append(time.perf_counter() - begun)
                sent.uids.append(json.loads(body)["measurement_uid"])
            else:
                sent.other += 1
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    sent.elapsed = time.perf_counter() - started
    return sent
