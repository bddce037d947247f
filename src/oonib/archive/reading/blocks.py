"""Exact amounts out of a stream of pieces, for the blocks and members of a tar."""

from collections.abc import Iterable, Iterator

from oonib.archive.reading.found import Damaged

BLOCK = 512
"""Bytes. Headers take one, contents are padded to whole ones."""

_PIECE = 256 * 1024


class Source:
    """Reads exact amounts from a stream of pieces."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        self._pieces = iter(pieces)
        self._piece = b""
        self._at = 0

    def some(self, most: int) -> bytes:
        """At least one byte and at most `most` (more than 0); nothing at the end."""
        while self._at >= len(self._piece):
            following = next(self._pieces, None)
            if following is None:
                return b""
            self._piece, self._at = following, 0
        out = self._piece[self._at : self._at + most]
        self._at += len(out)
        return out


class Content:
    """The content of a member: `size` bytes, read once."""

    def __init__(self, source: Source, size: int) -> None:
        self._source = source
        self._left = size
        self.size = size

    def pieces(self) -> Iterator[bytes]:
        """What is left of it. Raises `Damaged`."""
        while self._left:
            piece = self._source.some(min(self._left, _PIECE))
            if not piece:
                raise Damaged("truncated_tar", "the file ends within a member")
            self._left -= len(piece)
            yield piece

    def read(self) -> bytes:
        """All that is left of it. The caller has looked at `size`. Raises `Damaged`."""
        return b"".join(self.pieces())

    def skip(self) -> None:
        """Pass over the rest and the padding. Raises `Damaged`."""
        for _ in self.pieces():
            pass
        padding = -self.size % BLOCK
        while padding and (piece := self._source.some(padding)):
            padding -= len(piece)
