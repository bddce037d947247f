"""Failures that the probe itself could not name (fastpath contract 3.1, rule 5)."""

from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import Unscorable


def has_unknown_failure(test_keys: Mapping[str, Any]) -> bool:
    """Whether a test key named `…_failure` holds a text that starts with `unknown_failure`."""
    for name, value in test_keys.items():
        if name.endswith("_failure") and value:
            if not isinstance(value, str):
                raise Unscorable(f"{name} is not text")
            if value.startswith("unknown_failure"):
                return True
    return False
