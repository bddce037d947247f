"""Who looks at a page, and that a form came from a page of ours which that person saw. Knows no HTTP.

A visitor shows the token of a session in a cookie. The API takes no cookie, so another site can only make a
browser send forms to pages, and these need a mark that this site alone can make for this session.
"""

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass

import structlog

from oonib.accounts.access import Access
from oonib.accounts.service import LoggedIn, Sessions
from oonib.accounts.tokens import Session
from oonib.records import RecordsUnavailable

COOKIE = "oonib_session"
_NONCE, _MARK = 12, 20
_LONGEST = 8192


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody at a page. `session`: None for who is not logged in; `token`: what their cookie holds."""

    session: Session | None = None
    token: str = ""

    @property
    def is_admin(self) -> bool:
        """Whether they may steer what is measured."""
        return self.session is not None and self.session.role == "admin"


class Door:
    """Knows visitors by their cookie. `secret`: the key of forms' marks; `sessions` are made longer."""

    def __init__(self, access: Access, secret: bytes, sessions: Sessions | None = None) -> None:
        self._access = access
        self._sessions = sessions
        self._secret = hashlib.blake2b(secret, person=b"oonib-form").digest()

    def visitor(self, token: str) -> Visitor:
        """Whose session this is. Nobody's while the records are away: reading needs no session."""
        if not token or len(token) > _LONGEST:
            return Visitor()
        try:
            session = self._access.known(f"Bearer {token}")
        except RecordsUnavailable as exc:
            structlog.get_logger("web").warning("records are away", problem=str(exc))
            session = None
        return Visitor() if session is None else Visitor(session, token)

    def prolonged(self, visitor: Visitor) -> LoggedIn | None:
        """A visitor's session for longer, where it is time for that."""
        if visitor.session is None or self._sessions is None:
            return None
        try:
            return self._sessions.prolonged(visitor.session)
        except RecordsUnavailable:
            return None

    def mark(self, visitor: Visitor) -> str:
        """What a form for this visitor carries. Never the same twice, so that compression tells nothing."""
        nonce = secrets.token_bytes(_NONCE)
        return base64.urlsafe_b64encode(nonce + self._sign(nonce, visitor)).decode()

    def accepts(self, visitor: Visitor, mark: str) -> bool:
        """Whether a form was made for this visitor."""
        try:
            given = base64.urlsafe_b64decode(mark.encode())
        except ValueError:
            return False
        return hmac.compare_digest(given[_NONCE:], self._sign(given[:_NONCE], visitor))

    def _sign(self, nonce: bytes, visitor: Visitor) -> bytes:
        # What stays when a session is made longer: a form may be written on for hours in another tab.
        session = visitor.session
        begun = None if session is None else session.login_time or session.issued
        known = "" if session is None or begun is None else f"{session.account_id} {begun.timestamp():.0f}"
        return hashlib.blake2b(nonce + known.encode(), key=self._secret, digest_size=_MARK).digest()
