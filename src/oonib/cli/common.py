"""What every command shares: the data folder option, messages, settings."""

import os
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from oonib.settings import Settings, load

DataDir = Annotated[
    Path | None,
    typer.Option("--data-dir", help="Folder of the backend's data. [default: $OONIB_DATA_DIR or ./data]"),
]


def say(message: str) -> None:
    """A line for the person at the terminal, never part of the result."""
    print(message, file=sys.stderr, flush=True)  # noqa: T201 - this is the command line


def out(line: str) -> None:
    """A line of the result."""
    print(line, flush=True)  # noqa: T201 - this is the command line


def fail(message: str, *, status: int = 1) -> NoReturn:
    """Say what is wrong and end."""
    say(f"oonib: {message}")
    raise SystemExit(status)


def settings_for(data_dir: Path | None = None, **overrides: object) -> Settings:
    """The settings in force with what was typed on the command line."""
    return load({"data_dir": data_dir, **overrides})


def environment_for(**overrides: object) -> dict[str, str]:
    """Overrides as variables, so that child processes have the same settings."""
    return {f"OONIB_{name.upper()}": str(value) for name, value in overrides.items() if value is not None}


def in_data_dir(settings: Settings) -> None:
    """Refuse a data folder that is not there, rather than make an empty one by mistake."""
    if not settings.data_dir.is_dir():
        fail(f"there is no data folder {settings.data_dir}; start the backend or name it with --data-dir")


def own_folder(path: Path) -> Path:
    """Make a folder that only this user may read."""
    path.mkdir(parents=True, exist_ok=True)
    os.chmod(path, 0o700)  # noqa: PTH101 - the folder may be a link to where the data lives
    return path
