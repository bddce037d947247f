"""The library that issues and verifies credentials, behind one door (probe contract 7.3).

It is an optional part of an installation (`pip install oonib[credentials]`), loaded when it is first needed.
Whatever decodes a stranger's text runs in a process of its own; a call takes some 15 ms of a processor.
"""

import importlib
from typing import Any, Self

from oonib.collector.credentials.crew import Crashed, Crew

_LONGEST_PROOF = 64 * 1024
"""Proofs have 7 kB, requests for a credential 200 bytes."""

_TOKENS = {
    "ProtocolError": "protocol_error",
    "CredentialError": "credential_error",
    "DeserializationFailed": "deserialization_failed",
}


class LibraryAbsent(Exception):
    """`ooniauth_py` is not installed."""


class Refused(Exception):
    """A request was not granted. `token` is the contract's word for why."""

    def __init__(self, token: str) -> None:
        super().__init__(token)
        self.token = token


class BadKeys(Exception):
    """The secret key is none, or not the one that belongs to the public parameters."""


class Authority:
    """Issues and verifies under one pair of keys. Safe from any thread."""

    def __init__(self, crew: Crew, library: Any, public_parameters: str, secret_key: str) -> None:
        self._crew = crew
        self._library = library
        self._keys = {"public": public_parameters, "secret": secret_key}
        self.library_version: str = library.__version__
        self.protocol_version: str = library.get_protocol_version()

    @classmethod
    def open(cls, crew: Crew, public_parameters: str, secret_key: str) -> Self:
        """The authority with these keys (base64). Raises `LibraryAbsent`, `BadKeys`."""
        authority = cls(crew, _library(), public_parameters, secret_key)
        try:
            authority._call("try")
        except Refused:
            raise BadKeys("the secret key does not belong to the manifest's public parameters") from None
        return authority

    def sign(self, request: str) -> str:
        """A new credential for a registration request (both base64). Raises `Refused`."""
        return self._call("sign", _bounded(request))

    def today(self) -> int:
        """The Julian day that a credential issued now gets."""
        day: int = self._library.ServerState.today()
        return day

    def verify(
        self, nym: str, proof: str, *, cc: str, asn: str, content: str, ages: tuple[int, int], least: int
    ) -> str:
        """Verify a proof about `content` and re-issue the credential with its count raised.

        `ages`: first and last Julian day of issue, `least`: least count. `cc` and `asn` have passed the rules
        for metadata. Raises `Refused`.
        """
        mark = self._library.submit_measurement_hash(content)
        return self._call("verify", _bounded(nym), _bounded(proof), cc, asn, mark, ages, least)

    def _call(self, call: str, *arguments: object) -> str:
        try:
            found = self._crew.call({"call": call, **self._keys, "arguments": arguments})
        except Crashed:
            raise Refused("unknown_error") from None
        if "refused" in found:
            raise Refused(_TOKENS.get(found["refused"], "unknown_error"))
        answer: str = found["answer"]
        return answer


def new_keys() -> tuple[str, str]:
    """A fresh pair: public parameters and secret key (base64). Raises `LibraryAbsent`."""
    state = _library().ServerState()
    return state.get_public_parameters(), state.get_secret_key()


def today() -> int:
    """Today as a Julian day. Raises `LibraryAbsent`."""
    day: int = _library().ServerState.today()
    return day


def _bounded(text: str) -> str:
    if len(text) > _LONGEST_PROOF or not text.isascii():
        raise Refused("deserialization_failed")
    return text


def _library() -> Any:
    try:
        return importlib.import_module("ooniauth_py")
    except ImportError:
        raise LibraryAbsent("ooniauth-py is not installed: pip install 'oonib[credentials]'") from None
