"""`oonib simulate`: a synthetic world of probes and censors."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from oonib.cli.common import fail, out, say


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
    import httpx

    from oonib.collector.probe import Probe

    stored = 0
    try:
        with Probe(to) as probe:
            for measurement in made:
                stored += probe.send(measurement.content).uid is not None
    except httpx.HTTPError as exc:
        fail(f"{to}: {exc}")
    say(f"{stored} of {count} simulated measurements stored")
