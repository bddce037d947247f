"""What every way out for mail has in common, and a bound on how many are on their way at once."""

import threading
from email.message import EmailMessage
from typing import Protocol


class MailFailed(Exception):
    """The mail is not on its way. `args`: the kind of problem, never an address."""


class Busy(MailFailed):
    """So many mails are on their way that this one was not tried."""


class Sender(Protocol):
    """A way out. Safe from any thread."""

    def send(self, letter: EmailMessage) -> None:
        """Hand over one mail. Raises `MailFailed`."""


class Bounded:
    """At most `most` at a time: a mail server that hangs must not hold every thread of the API."""

    def __init__(self, sender: Sender, most: int = 8) -> None:
        self._sender = sender
        self._room = threading.BoundedSemaphore(most)

    def send(self, letter: EmailMessage) -> None:
        """Hand over one mail. Raises `MailFailed`, `Busy`."""
        if not self._room.acquire(blocking=False):
            raise Busy("busy")
        try:
            self._sender.send(letter)
        finally:
            self._room.release()
