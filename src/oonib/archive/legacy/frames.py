"""A report taken apart into its YAML documents, each with its exact bytes (fastpath contract 10, framing).

A frame begins with `---` and ends with `...`, each on a line of its own. The bytes matter: the uid of an
entry is made from them.
"""

import re
from collections.abc import Iterable, Iterator

from oonib.archive.legacy.unfit import Unfit

_BEGIN = b"---\n"
_END = b"\n...\n"
_FILLER_RE = re.compile(rb"(?:(?:#[^\n]*+|\.\.\.|[ \t\r]*+)\n)++")
"""Whole lines that may stand between frames: comments, ends written twice, nothing."""

_SPACE_RE = re.compile(rb"\s*+")
_LOOK_AHEAD = 1024
_SHOWN = 40
LARGEST_FRAME = 64 * 1024 * 1024


def frames(pieces: Iterable[bytes], largest: int = LARGEST_FRAME) -> Iterator[bytes | Unfit]:
    """The frames of a report, whole; `Unfit` for what is none.

    `broken_yaml_frame`: text between two frames, passed over up to the next beginning.
    `yaml_frame_too_large`: passed over up to its end. `truncated_yaml`: the file ends within a frame.
    """
    window = _Window(pieces)
    while window.grow_to(1):
        if window.starts_with(_BEGIN):
            yield _frame(window, largest)
        elif not window.skip_filler():
            shown = window.drop_to_frame()
            if shown:
                yield Unfit("broken_yaml_frame", f"text between frames: {shown!r}")


def _frame(window: "_Window", largest: int) -> bytes | Unfit:
    end = window.find(_END, len(_BEGIN) - 1, largest)
    if end is None:
        window.drop_past(_END)
        return Unfit("yaml_frame_too_large", f"a frame of more than {largest} bytes")
    if end < 0:
        size = window.drop_all()
        return Unfit("truncated_yaml", f"the file ends within a frame, after {size} bytes of it")
    return window.take(end + len(_END))


class _Window:
    """The part of the file that is looked at. Grows by need, forgets what was taken."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._held = bytearray()

    def grow_to(self, size: int) -> bool:
        """Hold at least `size` bytes; False when the file has no more."""
        while len(self._held) < size:
            piece = next(self._pieces, None)
            if piece is None:
                return False
            self._held += piece
        return True

    def starts_with(self, text: bytes) -> bool:
        self.grow_to(len(text))
        return self._held.startswith(text)

    def find(self, text: bytes, start: int, largest: int) -> int | None:
        """Where `text` is; -1 when it does not come; None when it does not come within `largest` bytes."""
        at = start
        while (found := self._held.find(text, at, largest)) < 0:
            at = max(start, len(self._held) - len(text) + 1)
            if len(self._held) >= largest:
                return None
            if not self.grow_to(len(self._held) + 1):
                return -1
        return found

    def take(self, size: int) -> bytes:
        with memoryview(self._held) as held:
            out = bytes(held[:size])
        self.drop(size)
        return out

    def drop(self, size: int) -> None:
        del self._held[:size]

    def skip_filler(self) -> bool:
        """Forget comments, empty lines and further ends of frames; whether there were any."""
        self.grow_to(_LOOK_AHEAD)
        match = _FILLER_RE.match(self._held)
        if match is not None:
            self.drop(match.end())
        elif self._held.startswith(b"#"):
            self.drop_past(b"\n")
        else:
            return False
        return True

    def drop_to_frame(self) -> bytes:
        """Forget everything before the next frame; how it begins, nothing if it was only empty space."""
        shown = bytes(self._held[:_SHOWN])
        blank = self._drop_to(b"\n" + _BEGIN)
        self.drop(1)
        return b"" if blank else shown

    def drop_past(self, text: bytes) -> None:
        """Forget everything up to the end of `text`, or of the file."""
        self._drop_to(text)
        self.drop(len(text))

    def _drop_to(self, text: bytes) -> bool:
        blank = True
        while (found := self._held.find(text)) < 0:
            # The end of what is held may be the beginning of the text.
            size = max(0, len(self._held) - len(text) + 1)
            blank = blank and self._is_blank(size)
            self.drop(size)
            if not self.grow_to(len(self._held) + 1):
                found = len(self._held)
                break
        blank = blank and self._is_blank(found)
        self.drop(found)
        return blank

    def _is_blank(self, size: int) -> bool:
        return _SPACE_RE.fullmatch(self._held, 0, size) is not None

    def drop_all(self) -> int:
        """Forget the rest of the file; how many bytes of it were held or came."""
        size = len(self._held)
        self._held.clear()
        for piece in self._pieces:
            size += len(piece)
        return size
