"""Counting TCP endpoints, as the tests of messengers do (fastpath contract 3.2, 3.6)."""

from collections.abc import Mapping
from typing import Any

from oonib.scoring.access import as_items, as_object, get_or


def count_endpoints(test_keys: Mapping[str, Any]) -> tuple[int, int]:
    """Reachable and unreachable endpoints of `tcp_connect`: `status.success` exactly true or false."""
    reachable = unreachable = 0
    for entry in as_items(test_keys.get("tcp_connect"), "tcp_connect"):
        status = get_or(as_object(entry, "an entry of tcp_connect"), "status", {})
        success = as_object(status, "a status of tcp_connect").get("success")
        reachable += success is True
        unreachable += success is False
    return reachable, unreachable
