"""What the health check found, as the pages need to know it."""

from typing import Protocol


class Finding(Protocol):
    """One thing that was looked at."""

    @property
    def id(self) -> str:
        """Its stable name."""

    @property
    def status(self) -> str:
        """`ok`, `warning` or `fail`."""

    @property
    def detail(self) -> str:
        """A sentence."""
