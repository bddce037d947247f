"""`oonib simulate`: a synthetic world of probes and censors."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import fail, out, say

if TYPE_CHECKING:
    from oonib.simulate import Measurement


def simulate(
    count: Annotated[int, typer.Option(help="Measurements to make.", min=1)] = 100,
    seed: Annotated[int, typer.Option(help="The same seed gives the same world.")] = 1,
    days: Annotated[float, typer.Option(help="Spread over so many days, up to now.", min=0.01)] = 2.0,
    to: Annotated[
        str | None, typer.Option(help="Send them to this backend in place of printing them.")
    ] = None,
) -> None:
    """Make measurements with planted blocking: print them as JSON lines, or send them.

    Example: `oonib simulate --count 1000 --to http://127.0.0.1:8080`
    """
    from oonib.simulate import World

    now = datetime.now(UTC).replace(microsecond=0)
    made = World(seed).measurements(count, start=now - timedelta(days=days), end=now)
    if to is None:
        for measurement in made:
            out(measurement.content.decode())
        return
    stored = send(made, to)
    say(f"{stored} of {count} simulated measurements stored")


def send(measurements: "Iterable[Measurement]", to: str) -> int:
    """Send measurements to a backend as probes do. How many it stored."""
    import httpx

    from oonib.collector.probe import Probe

    try:
        with Probe(to) as probe:
            return sum(probe.send(measurement.content).uid is not None for measurement in measurements)
    except httpx.HTTPError as exc:
        fail(f"{to}: {exc}")
