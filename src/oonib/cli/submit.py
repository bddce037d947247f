"""`oonib submit`: send measurements as a probe does."""

from pathlib import Path
from typing import Annotated

import typer

from oonib.cli.common import DataDir, fail, out, say, settings_for


def submit(
    files: Annotated[
        list[Path], typer.Argument(help="Measurements: JSON (bare or in an envelope) or .jsonl.")
    ],
    to: Annotated[
        str | None, typer.Option(help="Address of the backend. [default: the one of these settings]")
    ] = None,
    data_dir: DataDir = None,
    zstd: Annotated[bool, typer.Option("--zstd", help="Compress as current probes may.")] = False,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Also print report id and file.")] = False,
) -> None:
    """Send measurements (open, submit, close) and print the uid of each.

    Example: `oonib submit measurement.json --to http://127.0.0.1:8080`
    """
    import httpx
    from rich.console import Console
    from rich.progress import track

    from oonib.collector.probe import Probe

    url = to or settings_for(data_dir).public_url
    refused = 0
    terminal = Console(stderr=True)
    try:
        with Probe(url, compress=zstd) as probe:
            for path in track(files, "sending", console=terminal, disable=not terminal.is_terminal):
                refused += _send_file(probe, path, verbose=verbose)
    except httpx.HTTPError as exc:
        fail(f"{url}: {exc}")
    if refused:
        say(f"{refused} not stored")
        raise typer.Exit(1)


def _send_file(probe: "Probe", path: Path, *, verbose: bool) -> int:  # type: ignore[name-defined]  # noqa: F821
    from oonib.collector.probe import measurements_in
    from oonib.model.jsontext import MalformedJson

    refused = 0
    try:
        for content in measurements_in(path):
            sent = probe.send(content)
            if sent.uid is None:
                refused += 1
                say(f"{path}: not stored: {sent.status} {sent.answer}")
            else:
                out(f"{sent.uid} {sent.report_id} {path}" if verbose else sent.uid)
    except (OSError, MalformedJson) as exc:
        say(f"{path}: {exc}")
        refused += 1
    return refused
