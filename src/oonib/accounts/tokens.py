"""Tokens of login links and sessions: signed here, and what one that somebody shows is worth (contract 1.4).

Pure. What they say is not checked against any record here: that is `access`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import jwt
from jwt.types import Options

Audience = Literal["register", "user_auth"]
Role = Literal["user", "admin"]

_ALGORITHM = "HS256"
# Times are compared here, with the clock that signs.
_OPTIONS: Options = {
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "require": ["aud", "exp"],
}
_LONGEST = 8192
LOGIN_LINK = timedelta(days=1)
"""How long a login link works."""


class BadToken(Exception):
    """Not a token of ours for this purpose, or no longer one."""


class ExpiredToken(BadToken):
    """It was one, until its time was over."""


@dataclass(frozen=True, slots=True)
class LoginLink:
    """What a login link proves: that mail to `address` is read."""

    address: str
    redirect_to: str
    issued: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """Who is logged in. `address`: empty in tokens of OONI's older services; `login_time`: the first one."""

    account_id: str
    role: str
    address: str
    login_time: datetime | None
    issued: datetime


class Tokens:
    """Tokens under one key. `session_life`, `login_life`: the longest without and with refreshing."""

    def __init__(self, key: str, *, session_life: timedelta, login_life: timedelta) -> None:
        self._key = key
        self._session_life = session_life
        self._login_life = login_life

    def login_link(self, address: str, redirect_to: str, now: datetime) -> str:
        """The token of a login link, good for a day."""
        claims = {"email_address": address, "redirect_to": redirect_to}
        return self._sign("register", claims, now, now + LOGIN_LINK)

    def session(self, session: Session, now: datetime) -> str:
        """A session's token, from now on. Refreshing never goes beyond `login_life` after the first login."""
        login = session.login_time or now
        until = self.end(replace(session, login_time=login, issued=now))
        claims: dict[str, Any] = {
            "login_time": int(login.timestamp()),
            "account_id": session.account_id,
            "role": session.role,
        }
        if session.address:
            claims["email_address"] = session.address
        return self._sign("user_auth", claims, now, until)

    def end(self, session: Session) -> datetime:
        """When a session's token expires that was made when the session says."""
        login = session.login_time or session.issued
        return min(session.issued + self._session_life, login + self._login_life)

    def read_login_link(self, token: str, now: datetime) -> LoginLink:
        """Raises `BadToken`, `ExpiredToken`."""
        claims = self._claims(token, "register", now)
        address, target = claims.get("email_address"), claims.get("redirect_to", "")
        if not isinstance(address, str) or not address or not isinstance(target, str):
            raise BadToken
        return LoginLink(address, target, _issued(claims))

    def read_session(self, token: str, now: datetime) -> Session:
        """Raises `BadToken`, `ExpiredToken`."""
        claims = self._claims(token, "user_auth", now)
        account, role, address = claims.get("account_id"), claims.get("role"), claims.get("email_address", "")
        if not isinstance(account, str) or not account or not isinstance(role, str):
            raise BadToken
        address = address if isinstance(address, str) else ""
        return Session(account, role, address, _moment(claims.get("login_time")), _issued(claims))

    def _sign(self, audience: Audience, claims: Mapping[str, Any], now: datetime, until: datetime) -> str:
        start = int(now.timestamp())
        times = {"nbf": start, "iat": start, "exp": int(until.timestamp())}
        return jwt.encode({**times, "aud": audience, **claims}, self._key, algorithm=_ALGORITHM)

    def _claims(self, token: str, audience: Audience, now: datetime) -> dict[str, Any]:
        if len(token) > _LONGEST or not token.isascii():
            raise BadToken
        try:
            claims: dict[str, Any] = jwt.decode(
                token, self._key, algorithms=[_ALGORITHM], audience=audience, options=_OPTIONS
            )
        except (jwt.InvalidTokenError, ValueError, RecursionError):
            raise BadToken from None
        begins, ends = _moment(claims.get("nbf", 0)), _moment(claims["exp"])
        if begins is None or ends is None or begins > now:
            raise BadToken
        if ends <= now:
            raise ExpiredToken
        return claims


def _moment(value: object) -> datetime | None:
    if not isinstance(value, int | float) or isinstance(value, bool):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _issued(claims: Mapping[str, Any]) -> datetime:
    """When a token was made; at the beginning of time where it does not say, so that it can be expunged."""
    for name in ("iat", "nbf"):
        moment = _moment(claims.get(name))
        if moment is not None:
            return moment
    return datetime.fromtimestamp(0, UTC)
