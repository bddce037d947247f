"""Who shows which token, and whether it lets them in (management contract 0.3, 1.11)."""

from collections.abc import Callable, Collection
from datetime import datetime

from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import BadToken, Session, Tokens
from oonib.errors import Unauthorized

EVERYBODY = ("user", "admin")
ADMINS = ("admin",)
_PREFIX = "Bearer "


class Access:
    """Reads the header `Authorization`. Methods raise `RecordsUnavailable` where the records are away."""

    def __init__(self, tokens: Tokens, store: AccountStore, *, clock: Callable[[], datetime]) -> None:
        self._tokens = tokens
        self._store = store
        self._clock = clock

    def known(self, authorization: str | None) -> Session | None:
        """The session of a header, None for nobody: whatever is wrong with it is no error here."""
        try:
            return self._session(authorization)
        except Unauthorized:
            return None

    def required(self, authorization: str | None, roles: Collection[str] = EVERYBODY) -> Session:
        """The session of a header, with one of `roles`. Raises `Unauthorized`."""
        session = self._session(authorization)
        if session.role not in roles:
            raise Unauthorized("Role not authorized")
        return session

    def _session(self, authorization: str | None) -> Session:
        if authorization is None or not authorization.startswith(_PREFIX):
            raise Unauthorized("Authentication required")
        try:
            session = self._tokens.read_session(authorization.removeprefix(_PREFIX), self._clock())
        except BadToken:
            raise Unauthorized("Authentication required") from None
        since = self._store.valid_since(session.account_id)
        # In whole seconds, as tokens have them.
        if since is not None and session.issued < since.replace(microsecond=0):
            raise Unauthorized("Authentication token expired")
        return session
