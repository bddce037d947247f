"""Makes, lists and revokes API tokens."""

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from oonib.accounts.apitokens.store import ApiTokenStore, TooManyTokens
from oonib.errors import BadRequest, NotFound
from oonib.records.tables import ApiToken

PREFIX = "oonib_"
"""So that people and scanners of repositories know one when they see it."""

_MOST = 20


@dataclass(frozen=True, slots=True)
class Made:
    """A new token: shown once and never again."""

    token: str
    kept: ApiToken


class ApiTokens:
    """The tokens of accounts. `key` hides them in the records."""

    def __init__(self, store: ApiTokenStore, *, key: str, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._key = key
        self._clock = clock

    def create(self, account_id: str, name: str) -> Made:
        """One more. Raises `BadRequest` for an account that has 20."""
        token = PREFIX + secrets.token_urlsafe(32)
        kept = ApiToken(
            digest=digest(token, self._key), account_id=account_id, name=name, create_time=self._clock()
        )
        try:
            self._store.add(kept, most=_MOST)
        except TooManyTokens:
            raise BadRequest(f"An account has {_MOST} API tokens at most: revoke one") from None
        return Made(token, kept)

    def of_account(self, account_id: str) -> list[ApiToken]:
        """An account's tokens, the newest first."""
        return self._store.of_account(account_id)

    def revoke(self, account_id: str, identifier: str) -> None:
        """Its requests count for their network again, within seconds. Raises `NotFound`."""
        if not self._store.remove(identifier, account_id, self._clock()):
            raise NotFound("API token not found")


def digest(token: str, key: str) -> str:
    """The keyed hash that a token is kept as: 32 hex digits, no secret."""
    message = token.encode("utf-8", "surrogatepass")
    return hashlib.blake2b(message, key=key.encode(), digest_size=16, person=b"api token").hexdigest()
