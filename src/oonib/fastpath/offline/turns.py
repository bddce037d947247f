"""Whose turn it is: batches of later tasks are held back until the earlier ones are through. Pure."""

from collections.abc import Iterator

from oonib.fastpath.offline.work import Batch


class Turns:
    """Puts batches into the order of their tasks, which are numbered from 0; holds about `most`."""

    def __init__(self, most: int) -> None:
        self.first = 0
        self._most = most
        self._held: dict[int, list[Batch]] = {}

    @property
    def full(self) -> bool:
        """Whether nothing more should be taken than what belongs to the first task."""
        return sum(map(len, self._held.values())) >= self._most

    def arrived(self, number: int, batch: Batch) -> Iterator[Batch]:
        """What is to be shown now that this batch is here."""
        self._held.setdefault(number, []).append(batch)
        while self.first in self._held:
            shown = self._held.pop(self.first)
            yield from shown
            if shown[-1].finished is None:
                return
            self.first += 1


class NoTurns(Turns):
    """Everything at once, as it comes."""

    def __init__(self) -> None:
        super().__init__(1)

    def arrived(self, _number: int, batch: Batch) -> Iterator[Batch]:
        """The batch itself."""
        yield batch
