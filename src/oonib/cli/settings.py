"""`oonib settings`: every setting with its value, where it comes from and what it means."""

import os
from typing import Annotated

import typer
from pydantic import SecretStr

from oonib.cli.common import DataDir, out, settings_for


def show(
    data_dir: DataDir = None,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The reference page of the documentation.")
    ] = False,
) -> None:
    """List the settings. Values of secrets are never shown.

    Example: `OONIB_PORT=9000 oonib settings`
    """
    from oonib.settings import Settings

    if markdown:
        from oonib.settings import reference

        out(reference())
        return
    settings = settings_for(data_dir)
    for name, field in Settings.model_fields.items():
        value = getattr(settings, name)
        shown = ("set" if value.get_secret_value() else "not set") if isinstance(value, SecretStr) else value
        variable = f"OONIB_{name.upper()}"
        changed = value != field.default
        source = (
            "environment"
            if variable in os.environ
            else "command line or oonib.toml"
            if changed
            else "default"
        )
        out(f"{name} = {shown}  ({source})\n    {field.description}")
