"""In which order a probe is told of the helpers of one list (probe contract 3.2). Pure but for `draw`.

Entries that are draining are left out; those behind a content delivery network come last, as they cost more.
"""

import hashlib
import ipaddress
import math
from collections.abc import Callable, Sequence
from typing import Literal

from oonib.checkin.helpers.entries import Helper

Strategy = Literal["random", "weighted_by_address", "round_robin_ip"]
Draw = Callable[[], float]
"""A number from 0 up to but without 1, another one each time."""

_CANARY_SHARE = 1 / 10
_NO_ADDRESS = 12
_TWO_TO_64 = 2**64


def in_order(helpers: Sequence[Helper], strategy: Strategy, address: str, draw: Draw) -> list[Helper]:
    """The helpers for one probe. `address` is its own; empty or unreadable ones count as unknown."""
    offered = [helper for helper in helpers if helper.state != "draining"]
    direct = [helper for helper in offered if helper.type != "cloudfront"]
    fronted = [helper for helper in offered if helper.type == "cloudfront"]
    number = _number(address)
    if strategy == "round_robin_ip":
        return _round_robin(direct, number) + fronted
    if strategy == "random" or number is None:
        ordered = _weighted(direct, lambda _: draw())
        if strategy == "weighted_by_address":
            ordered.sort(key=lambda helper: helper.state == "canary")
        return ordered + fronted
    return _weighted(direct, lambda helper: _hashed(number, helper)) + fronted


def _weighted(helpers: Sequence[Helper], uniform: Callable[[Helper], float]) -> list[Helper]:
    """Weighted rendezvous: each is first for a share of the probes that is in proportion to its weight."""
    weights = weights_of(helpers)
    scored = [
        (-math.log(1.0 - uniform(helper)) / weight, at)
        for at, (helper, weight) in enumerate(zip(helpers, weights, strict=True))
    ]
    return [helpers[at] for _, at in sorted(scored)]


def weights_of(helpers: Sequence[Helper]) -> list[float]:
    """The weights with the defaults filled in: an equal share, of a canary a tenth of all."""
    live = [helper.weight for helper in helpers if helper.state == "live"]
    given = [weight for weight in live if weight is not None]
    usual = sum(given) / len(given) if given else 1.0
    together = sum(given) + usual * (len(live) - len(given)) or 1.0
    canary = together * _CANARY_SHARE / (1 - _CANARY_SHARE)
    return [helper.weight or (canary if helper.state == "canary" else usual) for helper in helpers]


def _hashed(number: int, helper: Helper) -> float:
    text = f"{number} {helper.address}".encode()
    digest = hashlib.blake2b(text, digest_size=8).digest()
    return int.from_bytes(digest) / _TWO_TO_64


def _round_robin(helpers: list[Helper], number: int | None) -> list[Helper]:
    """The order of 2023: the first (the canary) leads for a tenth of all addresses, the others equally."""
    first = sorted(helpers, key=lambda helper: helper.state != "canary")
    if len(first) < 2:
        return first
    part = _NO_ADDRESS if number is None else number % 100
    shift = 0 if part < 10 else part % (len(first) - 1) + 1
    return first[shift:] + first[:shift]


def _number(address: str) -> int | None:
    try:
        return int(ipaddress.ip_address(address))
    except ValueError:
        return None
