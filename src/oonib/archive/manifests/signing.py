"""The key of a collector's chain: made on first use, kept 0600, never shown (design, section 7)."""

import os
import secrets
from contextlib import suppress
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from oonib.archive.manifests.errors import ManifestError

_KEY_BYTES = 32


class BadKeyFile(ManifestError):
    """The file does not hold a key. It is left as it is: another key would begin another chain."""


class Signer:
    """Signs with an Ed25519 key."""

    def __init__(self, seed: bytes) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(seed)

    @classmethod
    def open(cls, path: Path) -> "Signer":
        """The key in the file, which is made on first use. Raises `BadKeyFile` and `OSError`."""
        with suppress(FileExistsError):
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            if not path.exists():
                _create(path, secrets.token_bytes(_KEY_BYTES).hex())
        try:
            return cls(bytes.fromhex(path.read_text(encoding="ascii").strip()))
        except ValueError as exc:
            raise BadKeyFile(f"{path} does not hold a key of {_KEY_BYTES} bytes in hexadecimal") from exc

    @property
    def public_key(self) -> str:
        """For everybody, in hexadecimal."""
        return self._key.public_key().public_bytes_raw().hex()

    def sign(self, data: bytes) -> str:
        """The signature in hexadecimal."""
        return self._key.sign(data).hex()


def is_signed(data: bytes, signature: str, public_key: str) -> bool:
    """Whether `signature` over `data` was made with that key; False for what is neither."""
    try:
        key = Ed25519PublicKey.from_public_bytes(_bytes(public_key))
        key.verify(_bytes(signature), data)
    except (ValueError, InvalidSignature):
        return False
    return True


def _bytes(text: str) -> bytes:
    found = bytes.fromhex(text)
    # Capitals and spaces would be other bytes of the same meaning.
    if found.hex() != text:
        raise ValueError("not lower-case hexadecimal")
    return found


def _create(path: Path, text: str) -> None:
    # Linked into place when complete, so that two first starts agree on one key.
    temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(temporary)
    finally:
        temporary.unlink()
