"""What the API document says of answers that are not a success."""

from typing import Any

_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}


def problems(**texts: str) -> dict[int | str, dict[str, Any]]:
    """From `s401="Nobody is logged in"` to what a route takes as `responses`."""
    return {
        int(status.removeprefix("s")): {"description": text, "content": _PROBLEM}
        for status, text in texts.items()
    }
