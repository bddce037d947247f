"""An arrival as a search lists it. Pure."""

from typing import Any

from oonib.measurements import answers
from oonib.measurements.store import row_of


def shown(row: dict[str, Any], raw_url: str) -> dict[str, Any]:
    """A row of `arrivals` for a client. `raw_url`: where bodies are, up to the uid."""
    return answers.listed(row_of(row), raw_url)
