"""Mail into files and onto the terminal."""

import io
import os
import stat
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from oonib.accounts.mailing import Bounded, Busy, ConsoleSender, FileSender, MailFailed, login_letter

LETTER = login_letter(
    "login@mail.example",
    "user@news.example",
    "https://x.example/login?token=t",
    datetime(2026, 3, 2, tzinfo=UTC),
)


def test_files_are_for_their_owner(tmp_path: Path) -> None:
    folder = tmp_path / "mail"
    sender = FileSender(folder)
    sender.send(LETTER)
    sender.send(LETTER)
    files = sorted(folder.iterdir())
    assert [path.suffix for path in files] == [".eml", ".eml"]
    assert b"token=3Dt" in files[0].read_bytes() or b"token=t" in files[0].read_bytes()
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_addresses_stay_as_long_as_links_work(tmp_path: Path) -> None:
    old = tmp_path / f"{time.time_ns() - 25 * 3600 * 10**9:020}-0.eml"
    recent = tmp_path / f"{time.time_ns() - 23 * 3600 * 10**9:020}-0.eml"
    for path in (old, recent):
        path.write_bytes(b"x")
    FileSender(tmp_path).send(LETTER)
    assert not old.exists()
    assert recent.exists()


def test_files_do_not_fill_the_disk(tmp_path: Path) -> None:
    for number in range(600):
        (tmp_path / f"{time.time_ns():020}-{number:04}.eml").write_bytes(b"x")
    FileSender(tmp_path).send(LETTER)
    assert len(list(tmp_path.iterdir())) == 500


def test_a_folder_that_is_none(tmp_path: Path) -> None:
    (tmp_path / "mail").write_text("a file")
    with pytest.raises(MailFailed, match=r"FileExistsError|NotADirectoryError"):
        FileSender(tmp_path / "mail").send(LETTER)


def test_the_terminal() -> None:
    stream = io.StringIO()
    ConsoleSender(stream).send(LETTER)
    assert "user@news.example" in stream.getvalue()
    assert "https://x.example/login?token=t" in stream.getvalue()


def test_a_closed_terminal() -> None:
    read, write = os.pipe()
    os.close(read)
    with pytest.raises(MailFailed), os.fdopen(write, "w") as stream:
        try:
            ConsoleSender(stream).send(LETTER)
        finally:
            # What could not be written is still in the buffer.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


def test_no_more_than_the_most_at_once() -> None:
    class Nested:
        """Sends once more while it sends."""

        sent = 0

        def send(self, letter: EmailMessage) -> None:
            self.sent += 1
            if self.sent <= 2:
                bounded.send(letter)

    nested = Nested()
    bounded = Bounded(nested, most=2)
    with pytest.raises(Busy):
        bounded.send(LETTER)
    assert nested.sent == 2
    bounded.send(LETTER)
    assert nested.sent == 3
