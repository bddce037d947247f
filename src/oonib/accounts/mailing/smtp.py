"""Mail by SMTP: plain, with STARTTLS, or inside TLS. The server's certificate is always checked."""

import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.utils import parseaddr
from typing import Literal

from oonib.accounts.mailing.sending import MailFailed

Tls = Literal["starttls", "tls", "none"]


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where mail goes out. Without `username` nobody logs in. `seconds`: the longest wait for each answer."""

    host: str
    port: int
    tls: Tls
    username: str = ""
    password: str = field(default="", repr=False)
    seconds: float = 10.0


class SmtpSender:
    """Each mail over a connection of its own. `trust`: the certificates believed, the system's by default."""

    def __init__(self, server: SmtpServer, trust: ssl.SSLContext | None = None) -> None:
        self._server = server
        self._trust = trust or ssl.create_default_context()

    def send(self, letter: EmailMessage) -> None:
        """Hand over one mail. Raises `MailFailed`."""
        try:
            with self._connect(parseaddr(str(letter["From"]))[1].rpartition("@")[2]) as connection:
                if self._server.tls == "starttls":
                    connection.starttls(context=self._trust)
                if self._server.username:
                    connection.login(self._server.username, self._server.password)
                connection.send_message(letter)
        except (smtplib.SMTPException, OSError, ValueError) as exc:
            # The text of these errors repeats addresses and what the server said.
            raise MailFailed(type(exc).__name__) from None

    def _connect(self, name: str) -> smtplib.SMTP:
        # Its own name is given, as the library would ask the network for it.
        server = self._server
        if server.tls == "tls":
            return smtplib.SMTP_SSL(
                server.host, server.port, name, timeout=server.seconds, context=self._trust
            )
        return smtplib.SMTP(server.host, server.port, name, timeout=server.seconds)
