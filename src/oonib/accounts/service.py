"""Logging in and staying so: login links by mail, sessions from links, sessions from sessions."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog

from oonib.accounts.identity import account_id
from oonib.accounts.mailing import Busy, MailFailed, Sender, login_letter
from oonib.accounts.redirects import Redirects
from oonib.accounts.store import AccountStore
from oonib.accounts.tokens import LOGIN_LINK, BadToken, ExpiredToken, Session, Tokens
from oonib.errors import Failed, Unauthorized, Unavailable

Clock = Callable[[], datetime]
_LEAST_GAIN = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Throttle:
    """Most login mails in an hour, to one address and for one network."""

    address: int
    network: int


class LoginLinks:
    """Sends login links. That an address was ever seen before changes nothing, and nobody can tell."""

    def __init__(
        self,
        tokens: Tokens,
        store: AccountStore,
        sender: Sender,
        *,
        redirects: Redirects,
        mail_from: str,
        key: str,
        throttle: Throttle,
        count: Callable[[str], None],
        clock: Clock,
    ) -> None:
        """`key` hides addresses in the counts of mails; `count` is told what came of each request."""
        self._tokens = tokens
        self._store = store
        self._sender = sender
        self._redirects = redirects
        self._mail_from = mail_from
        self._key = key.encode()
        self._throttle = throttle
        self._count = count
        self._clock = clock

    def send(self, address: str, redirect_to: str, network: str) -> datetime:
        """Mail a link to a checked address, unless it or the network had too many: nobody is told that.

        Returns when the link expires. Raises `BadRedirect`, `Failed`, `Unavailable`, `RecordsUnavailable`.
        """
        page = self._redirects.login_page(redirect_to)
        now = self._clock()
        hidden = self._hidden("address", address)
        most = {hidden: self._throttle.address, self._hidden("network", network): self._throttle.network}
        if self._store.take_login_mails(most, now):
            link = f"{page}?token={self._tokens.login_link(address, redirect_to, now)}"
            self._mail(address, link, hidden, now)
        else:
            self._count("throttled")
        return (now + LOGIN_LINK).replace(microsecond=0)

    def _mail(self, address: str, link: str, hidden: str, now: datetime) -> None:
        try:
            self._sender.send(login_letter(self._mail_from, address, link, now))
        except MailFailed as exc:
            # Who waits for a link that never left may ask again; the network's count stays.
            self._store.give_back_login_mail(hidden, now)
            self._count("busy" if isinstance(exc, Busy) else "failed")
            structlog.get_logger("accounts").warning("a login mail could not be sent", problem=str(exc))
            if isinstance(exc, Busy):
                raise Unavailable("Too many mails are on their way", retry_after=10) from None
            raise Failed("Unable to send the email") from None
        self._count("sent")

    def _hidden(self, kind: str, text: str) -> str:
        person = kind.encode()
        return hashlib.blake2b(text.encode(), key=self._key, digest_size=16, person=person).hexdigest()


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """A session that just began or was renewed."""

    token: str
    redirect_to: str
    session: Session
    until: datetime


class Sessions:
    """Makes sessions. Each time the role is looked up anew."""

    def __init__(
        self, tokens: Tokens, store: AccountStore, *, key: str, admin_emails: Iterable[str], clock: Clock
    ) -> None:
        """`key`: that of account ids. `admin_emails`: addresses that are admins whatever the records say."""
        self._tokens = tokens
        self._store = store
        self._key = key
        self._admins = frozenset(account_id(address, key) for address in admin_emails)
        self._clock = clock

    def from_link(self, token: str) -> LoggedIn:
        """A new session. Raises `Unauthorized`, `RecordsUnavailable`."""
        now = self._clock()
        try:
            link = self._tokens.read_login_link(token, now)
        except ExpiredToken:
            raise Unauthorized("Expired token") from None
        except BadToken:
            raise Unauthorized("Invalid credentials") from None
        account = account_id(link.address, self._key)
        since = self._store.valid_since(account)
        # An older link would undo what expunging did.
        if since is not None and link.issued < since.replace(microsecond=0):
            raise Unauthorized("Expired token")
        begun = Session(account, self._role(account), link.address, now.replace(microsecond=0), now)
        return LoggedIn(self._tokens.session(begun, now), link.redirect_to, begun, self.end(begun))

    def renewed(self, session: Session) -> LoggedIn:
        """The same session for longer, with the same login time and today's role."""
        now = self._clock()
        # Where no login time is known, the first that is certain: or it could be renewed for ever.
        login = session.login_time or session.issued
        fresh = replace(session, role=self._role(session.account_id), login_time=login, issued=now)
        return LoggedIn(self._tokens.session(fresh, now), "", fresh, self.end(fresh))

    def end(self, session: Session) -> datetime:
        """When a session is over."""
        return self._tokens.end(session)

    def prolonged(self, session: Session) -> LoggedIn | None:
        """A session in the second half of its life, renewed; None before, and where it can be no longer."""
        now, end = self._clock(), self.end(session)
        if now - session.issued < end - now:
            return None
        longer = self.end(replace(session, login_time=session.login_time or session.issued, issued=now))
        return self.renewed(session) if longer - end > _LEAST_GAIN else None

    def _role(self, account: str) -> str:
        if account in self._admins:
            return "admin"
        return self._store.role(account) or "user"


class Administration:
    """What admins do to accounts: `by` is the account id of who does it."""

    def __init__(self, store: AccountStore, *, key: str, clock: Clock) -> None:
        self._store = store
        self._key = key
        self._clock = clock

    def role(self, address: str) -> str | None:
        """The role that was given to an address, or None."""
        return self._store.role(account_id(address, self._key))

    def set_role(self, address: str, role: str, by: str) -> None:
        """Give a role. It shows at the next login or refresh; a lower one at once."""
        self._store.set_role(account_id(address, self._key), role, self._clock(), by)

    def expunge(self, address: str, by: str) -> None:
        """End what an address is logged in with: sessions, login links, API tokens."""
        self._store.expunge(account_id(address, self._key), self._clock(), by)
