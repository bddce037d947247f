"""Where settings come from: the command line, variables, a file; and what is said of bad ones."""

import difflib
import os
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from oonib.settings.declared import Settings

PREFIX = "OONIB_"
_NOT_SETTINGS = frozenset({"OONIB_FAULT_FILE", "OONIB_SUPERVISED", "OONIB_CONFIG", "OONIB_SHARED_DATA"})


class BadSettings(ValueError):
    """A setting has an unknown name or a value that does not fit. The message says which and what fits."""


def load(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Settings:
    """The settings in force. `overrides` (from the command line) wins; None in it means not given.

    Raises `BadSettings`.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    values.update(_from_file(environ))
    values.update(_from_environment(environ))
    values.update({name: value for name, value in (overrides or {}).items() if value is not None})
    try:
        return Settings(**values)
    except ValidationError as exc:
        raise BadSettings(_explain(exc)) from None


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
    given = environ.get("OONIB_CONFIG")
    path = Path(given or "oonib.toml")
    if not given and not path.exists():
        return {}
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as exc:
        raise BadSettings(f"{path}: {exc}") from None
    _refuse_unknown(values, f"{path}: ", "")
    return values


def _from_environment(environ: Mapping[str, str]) -> dict[str, Any]:
    names = [name for name in environ if name.startswith(PREFIX) and name not in _NOT_SETTINGS]
    values: dict[str, Any] = {name.removeprefix(PREFIX).lower(): environ[name] for name in names}
    _refuse_unknown(values, "", PREFIX)
    for name, field in Settings.model_fields.items():
        if name in values and field.annotation == list[str]:
            values[name] = [item.strip() for item in values[name].split(",") if item.strip()]
        elif values.get(name) == "" and field.default is None:
            del values[name]
    return values


def _refuse_unknown(names: Iterable[str], where: str, prefix: str) -> None:
    for name in names:
        if name not in Settings.model_fields:
            near = difflib.get_close_matches(name, Settings.model_fields, n=1, cutoff=0.0)[0]
            shown = (name, near) if not prefix else (prefix + name.upper(), prefix + near.upper())
            raise BadSettings(f"{where}unknown setting {shown[0]}; the nearest known one is {shown[1]}")


def _explain(exc: ValidationError) -> str:
    problems = (": ".join((*map(str, error["loc"]), error["msg"])) for error in exc.errors())
    return "bad settings: " + "; ".join(problems)
