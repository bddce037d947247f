"""What a probe gets for registering and for logging in (probe contract 8)."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from oonib.checkin.registration.tokens import BadToken, ForeignToken, Tokens
from oonib.errors import BadRequest, Unauthorized

_LIFE = timedelta(days=7)
_BEARER = "Bearer "


class Registration:
    """Registration of probes under one key. `clock` gives the time now (aware, UTC).

    `note` counts logins by their result. With `strict` a client id of another key is refused: a probe
    registers once for life, so that would lock out whoever registered with another backend.
    """

    def __init__(
        self,
        tokens: Tokens,
        *,
        clock: Callable[[], datetime],
        note: Callable[[str], None],
        strict: bool = False,
    ) -> None:
        self._tokens = tokens
        self._clock = clock
        self._note = note
        self._strict = strict

    def register(self) -> dict[str, str]:
        """A client id that is good for life."""
        return {"client_id": self._tokens.sign("probe_login", int(self._clock().timestamp()))}

    def login(self, asked: Mapping[str, Any]) -> dict[str, str]:
        """A token for a week from a client id. The password only has to be there. Raises `Unauthorized`."""
        username, password = asked.get("username"), asked.get("password")
        if not (isinstance(username, str) and username and isinstance(password, str) and password):
            self._note("missing")
            raise Unauthorized("Missing credentials")
        token = self._tokens.sign("probe_token", self._registered(username))
        expire = (self._clock() + _LIFE).strftime("%Y-%m-%dT%H:%M:%SZ")
        return {"token": token, "expire": expire}

    def _registered(self, client_id: str) -> int | None:
        try:
            registered = self._tokens.registered(client_id, "probe_login")
        except ForeignToken:
            # Client ids of before 2022 are no tokens at all; those have always been let in.
            if self._strict and client_id.count(".") == 2:
                self._note("foreign")
                raise Unauthorized("Invalid credentials") from None
            self._note("legacy")
            return None
        except BadToken:
            self._note("invalid")
            raise Unauthorized("Invalid credentials") from None
        self._note("ok")
        return registered

    def check_token(self, authorization: str) -> None:
        """Accept an `Authorization` header with a token of `login`. Raises `BadRequest`, `Unauthorized`."""
        if not authorization.startswith(_BEARER):
            raise BadRequest("the Authorization header holds no bearer token")
        try:
            self._tokens.registered(authorization.removeprefix(_BEARER).strip(), "probe_token")
        except BadToken:
            raise Unauthorized("Invalid credentials") from None
