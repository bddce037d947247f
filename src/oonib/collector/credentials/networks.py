"""How many credentials one network may have in an hour: who gets many can pretend to be many.

Addresses are kept for that hour at most, as keyed hashes of their network, under a key that is thrown away.
"""

import hashlib
import ipaddress
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable

_WINDOW_SECONDS = 3600.0
_MOST_NETWORKS = 200_000
_NETWORK_BITS = {4: 24, 6: 48}


class NetworkLimit:
    """At most `limit` in an hour for each IPv4 /24 and IPv6 /48. Safe from any thread; memory is bounded."""

    def __init__(self, limit: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._limit = limit
        self._clock = clock
        self._lock = threading.Lock()
        self._ends = 0.0
        self._key = b""
        self._counts: Counter[bytes] = Counter()

    def admit(self, address: str) -> bool:
        """Count one more for the network of `address`; whether that is still within the limit.

        Addresses that cannot be read count as one network.
        """
        with self._lock:
            if self._clock() >= self._ends or len(self._counts) >= _MOST_NETWORKS:
                self._ends = self._clock() + _WINDOW_SECONDS
                self._key = secrets.token_bytes(16)
                self._counts.clear()
            mark = hashlib.blake2b(_network(address), key=self._key, digest_size=12).digest()
            self._counts[mark] += 1
            return self._counts[mark] <= self._limit


def _network(address: str) -> bytes:
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return b""
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    network = ipaddress.ip_network((parsed, _NETWORK_BITS[parsed.version]), strict=False)
    return network.network_address.packed
