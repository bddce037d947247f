"""The whole backend under load: durable submissions a second, accept to searchable, memory of all processes.

Ratios are to bare `orjson.loads` of the same bodies and to the disk's own fsync, measured in the same run.
"""

import os
import statistics
import tempfile
import threading
import time
from pathlib import Path

import httpx
import orjson

import oonib
from bench import load

from support.processes import Oonib, wait_until

SIZE = 20_000
COUNT = 8_000
MEBIBYTE = 1024 * 1024


def fsync_ms(folder: Path) -> float:
    """Median time of a 20 KB append and fsync on the same disk."""
    taken = []
    with (folder / "fsync").open("wb") as file:
        for _ in range(50):
            started = time.perf_counter()
            file.write(os.urandom(SIZE))
            file.flush()
            os.fsync(file.fileno())
            taken.append(time.perf_counter() - started)
    return statistics.median(taken) * 1000


def loads_a_second(bodies: list[tuple[str, bytes]]) -> float:
    """Bare parses a second of one processor."""
    started = time.perf_counter()
    for _, body in bodies:
        orjson.loads(body)
    return len(bodies) / (time.perf_counter() - started)


def resident(up: Oonib) -> dict[str, float]:
    """Memory of each process in MiB: proportional set size, so that shared pages count once."""
    sizes: dict[str, float] = {}
    for process in up.tree():
        words = process.cmdline()
        name = words[3] if words[1:3] == ["-m", "oonib"] else "worker of " + _parent(process)
        sizes[name] = sizes.get(name, 0.0) + process.memory_full_info().pss / MEBIBYTE
    return sizes


def _parent(process: object) -> str:
    words = process.parent().cmdline()  # type: ignore[attr-defined]
    return words[3] if words[1:3] == ["-m", "oonib"] else "?"


def searchable(up: Oonib, rate: float = 100.0, seconds: float = 20.0) -> list[float]:
    """Seconds from acceptance to the first search that finds the measurement, at `rate` a second."""
    bodies = list(load.mixed_bodies(int(rate * seconds), seed=77))
    wanted: dict[str, float] = {}
    delays: list[float] = []
    done = threading.Event()

    def watch() -> None:
        with httpx.Client(base_url=up.url, timeout=30) as client:
            while not (done.is_set() and not wanted):
                params = {"limit": 1000, "order": "desc"}
                found = client.get("/api/v1/measurements", params=params).json()["results"]
                now = time.perf_counter()
                for result in found:
                    accepted = wanted.pop(result["report_id"], None)
                    if accepted is not None:
                        delays.append(now - accepted)
                time.sleep(0.05)

    wire = load.requests(bodies)
    watcher = threading.Thread(target=watch, daemon=True)
    started = time.perf_counter()
    for number, (report_id, _) in enumerate(bodies):
        wanted[report_id] = started + number / rate
    watcher.start()
    load.run(up.port, wire, rate=rate)
    done.set()
    watcher.join(30)
    return delays


def main() -> None:
    """Run and print."""
    fixed = load.fixed_bodies(COUNT, SIZE)
    parses = loads_a_second(fixed)
    wire = load.requests(fixed)
    print(f"oonib {oonib.__version__}; bare orjson.loads of these 20 KB bodies: {parses:,.0f}/s")
    with tempfile.TemporaryDirectory(dir=Path.cwd()) as folder:
        print(f"fsync of 20 KB here: {fsync_ms(Path(folder)):.2f} ms")
        with Oonib("api", data_dir=Path(folder) / "alone") as api:
            print("durable submissions, the API by itself:", submissions(api, wire, parses))
        with Oonib("up", data_dir=Path(folder) / "data", fingerprints_source="starter") as up:
            wait_until(lambda: up.get("/health")[0] == 200, 60, "a green backend")
            print("resident at rest, MiB:", _shown(resident(up)))
            print("durable submissions beside scorer and ClickHouse:", submissions(up, wire, parses))
            wait_until(lambda: _scored(up), 120, "an empty backlog")
            delays = searchable(up)
            middle, p95 = statistics.median(delays), statistics.quantiles(delays, n=20)[18]
            print(f"accept to searchable at 100/s: median {middle:.2f} s, p95 {p95:.2f} s")
            hour = load.requests(list(load.mixed_bodies(6_000, seed=5)))
            for part in range(0, len(hour), 1000):
                load.run(up.port, hour[part : part + 1000], rate=400)
            wait_until(lambda: _scored(up), 120, "an empty backlog")
            print("resident after the traffic, MiB:", _shown(resident(up)))


def submissions(backend: Oonib, wire: list[bytes], parses: float) -> str:
    """Medians of five runs over 16 connections."""
    runs = [load.run(backend.port, wire[at::5]) for at in range(5)]
    rate = statistics.median(run.rate for run in runs)
    p95 = statistics.median(statistics.quantiles(run.seconds, n=20)[18] for run in runs) * 1000
    assert not any(run.other for run in runs)
    return f"{rate:,.0f}/s (1/{parses / rate:.0f} of bare parsing), p95 {p95:.1f} ms"


def _scored(up: Oonib) -> bool:
    time.sleep(1.2)  # what /health says may be a second old
    health = up.get("/health")[1]
    return bool(health) and any(
        finding["id"] == "spool_age" and finding["detail"].startswith("0 unscored")
        for finding in health["findings"]
    )


def _shown(sizes: dict[str, float]) -> str:
    parts = ", ".join(f"{name} {size:.0f}" for name, size in sorted(sizes.items()))
    return f"{sum(sizes.values()):.0f} ({parts})"


if __name__ == "__main__":
    main()
