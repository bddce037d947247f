"""The mails of accounts: what is in a login mail, and the ways out: SMTP, files, the terminal.

No address and no link is logged here, and errors name neither.
"""

from oonib.accounts.mailing.letter import login_letter
from oonib.accounts.mailing.sending import Bounded, Busy, MailFailed, Sender
from oonib.accounts.mailing.smtp import SmtpSender, SmtpServer
from oonib.accounts.mailing.writing import ConsoleSender, FileSender

__all__ = [
    "Bounded",
    "Busy",
    "ConsoleSender",
    "FileSender",
    "MailFailed",
    "Sender",
    "SmtpSender",
    "SmtpServer",
    "login_letter",
]
