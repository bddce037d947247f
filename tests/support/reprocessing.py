"""A backend that has scored and archived a simulated world, and the command that scores it again."""

import json
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from support.journal import settle, warehouse_of
from support.processes import Oonib, run_oonib

TABLES = ("fastpath", "obs_openvpn")


@dataclass(frozen=True)
class Live:
    """A backend, its rows as they were made when measurements came in, and the period of its archive."""

    backend: Oonib
    rows: dict[str, list[dict[str, Any]]]
    period: tuple[str, ...]

    @property
    def objects(self) -> Path:
        """The folder of the archive."""
        return self.backend.data_dir / "objects"

    def reprocess(
        self, *words: object, env: Mapping[str, str] | None = None, timeout: float = 90
    ) -> subprocess.CompletedProcess[str]:
        """`oonib reprocess` over all of it."""
        words = ("reprocess", *self.period, *map(str, words))
        return run_oonib(*words, env=env or self.backend.environment, timeout=timeout)

    def now(self) -> dict[str, list[dict[str, Any]]]:
        """The newest version of every row by table; all columns but the time of the update."""
        return rows_of(self.backend)

    def spoil(self) -> None:
        """Put wrong rows over the right ones, as an older scorer would have left them."""
        self._insert([row | {"anomaly": "x", "scores": "{}"} for row in self.rows["fastpath"]])

    def restore(self) -> None:
        """Put the right rows over whatever there is."""
        self._insert(self.rows["fastpath"])

    def _insert(self, rows: list[dict[str, Any]]) -> None:
        columns = list(rows[0])
        warehouse = warehouse_of(self.backend)
        warehouse.insert("fastpath", columns, [[row[name] for name in columns] for row in rows])
        warehouse.close()


def live(backend: Oonib, folder: Path, *, count: int) -> Live:
    """Send a simulated world; score and archive it."""
    now = datetime.now(UTC)
    made = run_oonib("simulate", "--count", str(count), "--seed", "11", "--days", "0.2")
    contents = made.stdout.splitlines()
    # The simulated world has no openvpn, which has a table of its own.
    contents += [line.replace("signal", "openvpn") for line in contents if '"test_name":"signal"' in line][:3]
    path = folder / "simulated.jsonl"
    path.write_text("\n".join(contents))
    sent = run_oonib("submit", str(path), env=backend.environment)
    assert len(sent.stdout.splitlines()) == len(contents) > count, sent.stderr
    settle(backend)
    packed = run_oonib("archive", "pack", "--now", env=backend.environment)
    assert packed.returncode == 0, packed.stderr
    period = ("--since", f"{now:%Y-%m-%d}", "--until", f"{now + timedelta(days=2):%Y-%m-%d}")
    return Live(backend, rows_of(backend), period)


def rows_of(backend: Oonib) -> dict[str, list[dict[str, Any]]]:
    """The newest version of every row by table."""
    warehouse = warehouse_of(backend)
    found = {}
    for table in TABLES:
        found[table] = warehouse.select(f"SELECT * FROM {table} FINAL ORDER BY measurement_uid")
    warehouse.close()
    return found


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """What a command printed, as objects."""
    return [json.loads(line) for line in done.stdout.splitlines()]
