"""From an address to an account id. Pure (management contract 1.2)."""

import hashlib


def normal_address(text: str) -> str:
    """An address as it is hashed, compared and put into tokens."""
    return text.strip().lower()


def account_id(address: str, key: str) -> str:
    """32 lower-case hex digits; the same for every spelling of an address. `key`: at most 64 bytes."""
    message = normal_address(address).encode()
    return hashlib.blake2b(message, key=key.encode(), digest_size=16).hexdigest()
