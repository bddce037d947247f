"""Login mails through a real SMTP server, plain and with TLS (management contract 1.6; reliability S16)."""

import email
import email.policy
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult, Envelope, LoginPassword
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from oonib.accounts.mailing import MailFailed, SmtpSender, SmtpServer, login_letter

from support.accounts import link_of
from support.processes import free_port

LINK = "https://explorer.ooni.org/login?token=" + "x" * 900
LETTER = login_letter(
    "OONI <login@mail.example>", "user@news.example", LINK, datetime(2026, 3, 2, 10, 30, tzinfo=UTC)
)


class Sink:
    """Takes mail for everybody but `nobody@…`."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_RCPT(  # noqa: N802 - the name that the server calls
        self, _server: Any, _session: Any, envelope: Envelope, to: str, _options: Any
    ) -> str:
        if to.startswith("nobody@"):
            return f"550 no such user {to}"
        envelope.rcpt_tos.append(to)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - the same
        self, _server: Any, _session: Any, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A certificate of 127.0.0.1 by nobody, and its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder = tmp_path_factory.mktemp("tls")
    (folder / "cert.pem").write_bytes(made.public_bytes(Encoding.PEM))
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    return folder / "cert.pem", folder / "key.pem"


@contextmanager
def running(**options: Any) -> Iterator[tuple[Sink, int]]:
    sink, port = Sink(), free_port()
    controller = Controller(sink, hostname="127.0.0.1", port=port, **options)
    controller.start()
    try:
        yield sink, port
    finally:
        controller.stop()


def authenticate(_server: Any, _session: Any, _envelope: Any, _mechanism: str, data: Any) -> AuthResult:
    assert isinstance(data, LoginPassword)
    good = data.login == b"oonib" and data.password == b"p4ss"
    return AuthResult(success=good, handled=False)


def server_side(certificate: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    return context


def read(envelope: Envelope) -> EmailMessage:
    assert isinstance(envelope.content, bytes)
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def test_plain() -> None:
    with running() as (sink, port):
        SmtpSender(SmtpServer("127.0.0.1", port, "none")).send(LETTER)
    [envelope] = sink.envelopes
    assert (envelope.mail_from, envelope.rcpt_tos) == ("login@mail.example", ["user@news.example"])
    assert link_of(read(envelope)) == LINK
    assert read(envelope)["To"] == "user@news.example"


def test_starttls_with_a_login(certificate: tuple[Path, Path]) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    options = {"auth_required": True, "authenticator": authenticate, "require_starttls": True}
    with running(tls_context=server_side(certificate), **options) as (sink, port):
        SmtpSender(SmtpServer("127.0.0.1", port, "starttls", "oonib", "p4ss"), trust).send(LETTER)
        with pytest.raises(MailFailed, match="SMTPAuthenticationError") as refused:
            SmtpSender(SmtpServer("127.0.0.1", port, "starttls", "oonib", "wrong"), trust).send(LETTER)
        assert "wrong" not in str(refused.value)
        # Nothing is sent in the clear where TLS was asked for.
        with pytest.raises(MailFailed):
            SmtpSender(SmtpServer("127.0.0.1", port, "none")).send(LETTER)
    assert [link_of(read(envelope)) for envelope in sink.envelopes] == [LINK]


def test_tls_from_the_start(certificate: tuple[Path, Path]) -> None:
    trust = ssl.create_default_context(cafile=str(certificate[0]))
    with running(ssl_context=server_side(certificate)) as (sink, port):
        SmtpSender(SmtpServer("127.0.0.1", port, "tls"), trust).send(LETTER)
    assert len(sink.envelopes) == 1


@pytest.mark.parametrize("mode", ["tls", "starttls"])
def test_a_certificate_that_nobody_vouches_for(certificate: tuple[Path, Path], mode: Any) -> None:
    # The sink would look at itself first, and not trust its certificate either.
    starting = running(tls_context=server_side(certificate))
    listener = ssl_listener(certificate) if mode == "tls" else starting
    with listener as (sink, port), pytest.raises(MailFailed, match="SSLCertVerificationError"):
        SmtpSender(SmtpServer("127.0.0.1", port, mode)).send(LETTER)
    assert sink.envelopes == []


@contextmanager
def ssl_listener(certificate: tuple[Path, Path]) -> Iterator[tuple[Sink, int]]:
    """A server that does nothing but shake hands."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def shake() -> None:
            connection, _ = listening.accept()
            try:
                server_side(certificate).wrap_socket(connection, server_side=True).close()
            except OSError:
                connection.close()

        thread = threading.Thread(target=shake)
        thread.start()
        yield Sink(), listening.getsockname()[1]
        thread.join(10)


def test_a_server_without_tls_gets_nothing_where_tls_is_wanted() -> None:
    with running() as (sink, port), pytest.raises(MailFailed, match="SMTPNotSupportedError"):
        SmtpSender(SmtpServer("127.0.0.1", port, "starttls")).send(LETTER)
    assert sink.envelopes == []


def test_a_refused_recipient_is_not_named() -> None:
    letter = login_letter("login@mail.example", "nobody@news.example", LINK, datetime.now(UTC))
    with running() as (_, port), pytest.raises(MailFailed) as refused:
        SmtpSender(SmtpServer("127.0.0.1", port, "none")).send(letter)
    assert str(refused.value) == "SMTPRecipientsRefused"
    assert refused.value.__cause__ is None


def test_a_server_that_is_away() -> None:
    with pytest.raises(MailFailed, match="ConnectionRefusedError"):
        SmtpSender(SmtpServer("127.0.0.1", free_port(), "none")).send(LETTER)


def test_a_server_that_says_nothing() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as silent,
        pytest.raises(MailFailed, match="SMTPServerDisconnected"),
    ):
        SmtpSender(SmtpServer("127.0.0.1", silent.getsockname()[1], "none", seconds=0.3)).send(LETTER)
