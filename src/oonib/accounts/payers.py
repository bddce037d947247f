"""Which account a request proves to come from, told at once: from memory, never from the database.

Owns copies of what the records say of API tokens and of ended sessions, a few seconds old. For quotas only:
who may do what is decided by `access`.
"""

import threading
from collections.abc import Callable
from datetime import datetime

import structlog

from oonib.accounts.apitokens import ApiTokenStore, digest
from oonib.accounts.apitokens.service import PREFIX
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import BadToken, Tokens
from oonib.records import RecordsUnavailable

_BEARER = "Bearer "


class Payers:
    """Start it, close it. Before the first look at the records API tokens are unknown."""

    def __init__(
        self,
        tokens: Tokens,
        accounts: AccountStore,
        api_tokens: ApiTokenStore,
        *,
        key: str,
        clock: Callable[[], datetime],
        seconds: float = 5.0,
    ) -> None:
        """`key`: that of API tokens. `seconds`: between two looks at the records."""
        self._tokens = tokens
        self._accounts = accounts
        self._api_tokens = api_tokens
        self._key = key
        self._clock = clock
        self._seconds = seconds
        self._by_digest: dict[str, str] = {}
        self._thresholds: dict[str, datetime] = {}
        self._version: tuple[int, datetime | None] | None = None
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="payers", daemon=True)

    def start(self) -> None:
        """Begin to follow the records."""
        self._thread.start()

    def close(self) -> None:
        """Stop that."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(10)

    def account(self, authorization: str) -> str | None:
        """The account of a header `Authorization`, or None."""
        if not authorization.startswith(_BEARER):
            return None
        shown = authorization.removeprefix(_BEARER)
        if shown.startswith(PREFIX):
            return self._by_digest.get(digest(shown, self._key))
        try:
            session = self._tokens.read_session(shown, self._clock())
        except BadToken:
            return None
        since = self._thresholds.get(session.account_id)
        if since is not None and session.issued < since.replace(microsecond=0):
            return None
        return session.account_id

    def look(self) -> None:
        """Copy what changed. Raises `RecordsUnavailable`."""
        self._thresholds = self._accounts.thresholds()
        version = self._api_tokens.version()
        if version != self._version:
            self._by_digest = self._api_tokens.accounts()
            self._version = version

    def _follow(self) -> None:
        away = False
        while True:
            try:
                self.look()
                away = False
            except RecordsUnavailable as exc:
                # The last copy stays good: a quota is no reason to refuse anybody.
                if not away:
                    structlog.get_logger("accounts").warning("records are away", problem=str(exc))
                away = True
            except Exception as exc:  # noqa: BLE001 - the thread must live on, or what it knows grows old unseen
                structlog.get_logger("accounts").error("accounts are not followed", exc_info=exc)
            if self._stopping.wait(self._seconds):
                return
