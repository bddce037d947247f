"""Mail that leaves no machine: files for their owner's eyes, or the terminal."""

import os
import secrets
import time
from email.message import EmailMessage
from pathlib import Path
from typing import TextIO

from oonib.accounts.mailing.sending import MailFailed

_KEPT_SECONDS = 24 * 3600.0
_MOST_KEPT = 500


class FileSender:
    """One `.eml` file for each mail, readable by this user only, for as long as its link works: a day.

    The newest sorts last. Of more than 500 the oldest go.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def send(self, letter: EmailMessage) -> None:
        """Write one mail. Raises `MailFailed`."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._forget()
            name = f"{time.time_ns():020}-{secrets.token_hex(4)}"
            unfinished = self._folder / f".{name}"
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(bytes(letter))
            unfinished.rename(self._folder / f"{name}.eml")
        except OSError as exc:
            raise MailFailed(type(exc).__name__) from None

    def _forget(self) -> None:
        kept = sorted(self._folder.glob("*.eml"))
        oldest = time.time_ns() - int(_KEPT_SECONDS * 1e9)
        for index, path in enumerate(kept):
            moment = path.name.partition("-")[0]
            if len(kept) - index >= _MOST_KEPT or (moment.isdigit() and int(moment) < oldest):
                path.unlink(missing_ok=True)


class ConsoleSender:
    """Shows mails, as text, on a stream that a developer looks at. No logging: what is shown is not kept."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def send(self, letter: EmailMessage) -> None:
        """Show one mail. Raises `MailFailed`."""
        text = letter.get_body(("plain",))
        shown = "" if text is None else text.get_content()
        try:
            self._stream.write(f"--- mail to {letter['To']} ---\n{shown}---\n")
            self._stream.flush()
        except (OSError, ValueError) as exc:
            raise MailFailed(type(exc).__name__) from None
