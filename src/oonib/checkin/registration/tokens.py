"""Signed tokens of probes: made here, and what one that a probe shows is worth (probe contract 8).

The key must not be that of people's accounts: anybody who registers gets a token signed with it.
"""

from collections.abc import Mapping
from typing import Any, Literal

import jwt

Audience = Literal["probe_login", "probe_token"]

_ALGORITHM = "HS256"
_LONGEST = 4096
_CLAIM: Mapping[Audience, str] = {"probe_login": "iat", "probe_token": "registration_time"}


class BadToken(Exception):
    """The token says something that it may not: another purpose, or a claim is missing."""


class ForeignToken(BadToken):
    """It is no token that was signed with this key."""


class Tokens:
    """Tokens under one key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def sign(self, audience: Audience, registered: int | None) -> str:
        """A token for `audience`. `registered`: unix seconds of the registration, None if unknown."""
        # The order of the claims is part of the contract: probes' tests hold the length of the whole.
        claims = {_CLAIM[audience]: registered, "aud": audience}
        return jwt.encode(claims, self._key, algorithm=_ALGORITHM)

    def registered(self, token: str, audience: Audience) -> int | None:
        """When the probe that shows `token` registered, None if unknown. Raises `BadToken`."""
        claims = self._claims(token, audience)
        if _CLAIM[audience] not in claims:
            raise BadToken(f"the claim {_CLAIM[audience]} is missing")
        value = claims[_CLAIM[audience]]
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def _claims(self, token: str, audience: Audience) -> dict[str, Any]:
        if len(token) > _LONGEST or not token.isascii():
            raise ForeignToken("no token")
        try:
            # The time of issue is only passed on, so a clock that is ahead elsewhere does not matter.
            return jwt.decode(
                token,
                self._key,
                algorithms=[_ALGORITHM],
                audience=audience,
                options={"verify_iat": False, "require": ["aud"]},
            )
        except (jwt.InvalidAudienceError, jwt.MissingRequiredClaimError) as exc:
            raise BadToken(str(exc)) from None
        except jwt.ExpiredSignatureError:
            raise BadToken("expired") from None
        except (jwt.PyJWTError, ValueError, TypeError, RecursionError):
            raise ForeignToken("not signed with this key") from None
