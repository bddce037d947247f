"""Insert bodies on disk for as long as their INSERT runs.

The engine's streaming insert reports success even when the write behind it
failed (too many parts, a full disk, a violated constraint), and data inside the
statement text ends at the first blank line. An INSERT from a file has neither
fault, keeps memory flat, and stores nothing of a body that never arrived whole.
"""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from oonib.warehouse.embedded.codecs import Readable
from oonib.warehouse.embedded.errors import NOT_ENOUGH_SPACE, QueryError

_PIECE = 1024 * 1024
_IN_MEMORY = 8 * 1024 * 1024


class Scratch:
    """A directory of short-lived files, empty after every start."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        directory.mkdir(mode=0o700, exist_ok=True)
        for left_over in directory.iterdir():
            left_over.unlink()

    def buffer(self) -> IO[bytes]:
        """Room for a result that waits: memory first, then an unnamed file."""
        return tempfile.SpooledTemporaryFile(max_size=_IN_MEMORY, dir=str(self._directory))

    @contextmanager
    def holding(self, data: Readable) -> Iterator[Path]:
        """The data as a file, removed afterwards."""
        descriptor, name = tempfile.mkstemp(dir=self._directory)
        path = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                _copy(data, file)
            yield path
        finally:
            path.unlink()


def _copy(data: Readable, file: IO[bytes]) -> None:
    while piece := data.read(_PIECE):
        try:
            file.write(piece)
        except OSError as error:
            text = f"Cannot keep the request body: {error.strerror}"
            raise QueryError.of(NOT_ENOUGH_SPACE, text, "NOT_ENOUGH_SPACE") from None
