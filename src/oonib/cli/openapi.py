"""`oonib openapi`: the API document."""

import json

from oonib.cli.common import out


def show() -> None:
    """Print the OpenAPI document of the HTTP API as JSON. Needs no running backend.

    Example: `oonib openapi > openapi.json`
    """
    from oonib.app import openapi

    out(json.dumps(openapi(), indent=2, ensure_ascii=False))
