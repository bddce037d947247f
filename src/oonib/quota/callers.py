"""Whose quota it is: an account's, or that of an IPv4 /24 or IPv6 /48 (design section 6).

A key is a keyed hash of the network, so that the store holds no address and nobody without the host's key
can find one in it.
"""

import hashlib
import ipaddress
from collections.abc import Sequence

_NETWORK_BITS = {4: 24, 6: 48}
_NETWORK, _ACCOUNT = b"n", b"a"

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def parse_address(text: str) -> Address | None:
    """The address, without zone and as IPv4 where it is one. None for what is none."""
    try:
        parsed = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return getattr(parsed, "ipv4_mapped", None) or parsed


def parse_networks(texts: Sequence[str]) -> tuple[Network, ...]:
    """Networks such as 192.0.2.0/24 or single addresses. Raises ValueError naming the one that is none."""
    return tuple(ipaddress.ip_network(text, strict=False) for text in texts)


class Callers:
    """The keys of one host."""

    def __init__(self, secret: bytes, unmetered: Sequence[Network] = ()) -> None:
        self._secret = hashlib.blake2b(secret).digest()
        self._unmetered = tuple(unmetered)

    def is_unmetered(self, address: str) -> bool:
        """Whether the address is in a network that pays nothing."""
        if not self._unmetered:
            return False
        parsed = parse_address(address)
        return parsed is not None and any(parsed in network for network in self._unmetered)

    def of_address(self, address: str) -> bytes:
        """The key of its network. Addresses that cannot be read are one network."""
        parsed = parse_address(address)
        if parsed is None:
            return self._key(_NETWORK, b"")
        packed = parsed.packed[: _NETWORK_BITS[parsed.version] // 8]
        return self._key(_NETWORK, bytes([parsed.version]) + packed)

    def of_account(self, account: str) -> bytes:
        """The key of an account."""
        return self._key(_ACCOUNT, account.encode("utf-8", "surrogatepass"))

    def _key(self, kind: bytes, what: bytes) -> bytes:
        return kind + hashlib.blake2b(what, key=self._secret, digest_size=15, person=kind).digest()


def is_account(key: bytes) -> bool:
    """Whether a key is that of an account."""
    return key[:1] == _ACCOUNT
