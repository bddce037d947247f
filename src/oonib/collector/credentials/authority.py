"""The library that issues and verifies credentials, behind one door. Only this module knows it.

It is an optional part of an installation (`pip install oonib[credentials]`), loaded when it is first needed.
Its calls take some 15 ms of a processor and let other threads run meanwhile.
"""

import importlib
from typing import TYPE_CHECKING, Any, Self

if TYPE_CHECKING:
    from ooniauth_py import ServerState

_REFUSALS = ("ProtocolError", "CredentialError", "DeserializationFailed")
_TOKENS = dict(zip(_REFUSALS, ("protocol_error", "credential_error", "deserialization_failed"), strict=True))
_PANIC = "PanicException"


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

    def __init__(self, library: Any, state: "ServerState") -> None:
        self._library = library
        self._state = state
        self.library_version: str = library.__version__
        self.protocol_version: str = library.get_protocol_version()

    @classmethod
    def open(cls, public_parameters: str, secret_key: str) -> Self:
        """The authority with these keys (base64). Raises `LibraryAbsent`, `BadKeys`."""
        library = _library()
        try:
            # Making any state sets the library up; without it the first use of another one may fail.
            library.ServerState()
            authority = cls(library, library.ServerState.from_creds(public_parameters, secret_key))
            authority._try_out(public_parameters)
        except BaseException as exc:
            if not _is_of_library(exc):
                raise
            raise BadKeys("the secret key does not belong to the manifest's public parameters") from None
        return authority

    def sign(self, request: str) -> str:
        """A new credential for a registration request (both base64). Raises `Refused`."""
        try:
            return self._state.handle_registration_request(request)
        except BaseException as exc:
            raise _refusal(exc) from None

    def today(self) -> int:
        """The Julian day that a credential issued now gets."""
        return self._state.today()

    def verify(
        self, nym: str, proof: str, cc: str, asn: str, content: str, ages: tuple[int, int], least: int
    ) -> str:
        """Verify a proof about `content` and re-issue the credential with its count raised.

        `ages`: first and last Julian day of issue, `least`: least count. `cc` and `asn` have passed the rules
        for metadata. Raises `Refused`.
        """
        try:
            return self._state.handle_submit_request_with_hash(nym, proof, cc, asn, content, ages, least)
        except BaseException as exc:
            raise _refusal(exc) from None

    def _try_out(self, public_parameters: str) -> None:
        # The library takes any pair of keys; only a client notices that they do not belong together.
        client = self._library.UserState(public_parameters)
        request = client.make_registration_request()
        client.handle_registration_response(self._state.handle_registration_request(request))


def new_keys() -> tuple[str, str]:
    """A fresh pair: public parameters and secret key (base64). Raises `LibraryAbsent`."""
    state = _library().ServerState()
    return state.get_public_parameters(), state.get_secret_key()


def today() -> int:
    """Today as a Julian day. Raises `LibraryAbsent`."""
    day: int = _library().ServerState.today()
    return day


def _library() -> Any:
    try:
        return importlib.import_module("ooniauth_py")
    except ImportError:
        raise LibraryAbsent("ooniauth-py is not installed: pip install 'oonib[credentials]'") from None


def _refusal(exc: BaseException) -> BaseException:
    """What a failure inside the library means; whatever does not come from it is passed on."""
    if not _is_of_library(exc):
        return exc
    return Refused(_TOKENS.get(type(exc).__name__, "unknown_error"))


def _is_of_library(exc: BaseException) -> bool:
    # A panic of the library is no `Exception`, so that nobody would catch it.
    return isinstance(exc, Exception) or type(exc).__name__ == _PANIC
