"""Sentences that the program says in its own words, kept apart from the values in them until they are shown.

So a service says what there is to say, pages show it in the reader's language, and the JSON twin in English.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence. `message`: the English text, `%(name)s` where `values` go; `plural`: for many of `n`.

    Messages are literals of the source, so that they are found for the catalogues.
    """

    message: str
    values: Mapping[str, object] = field(default_factory=dict)
    plural: str = ""
    n: int = 1

    def __str__(self) -> str:
        chosen = self.plural if self.plural and self.n != 1 else self.message
        return chosen % self.values if self.values else chosen


def said(message: str, /, **values: object) -> Said:
    """A sentence with its values: `said("%(n)s of %(all)s fail", n=3, all=10)`."""
    return Said(message, values)


def counted(singular: str, plural: str, n: int, /, **values: object) -> Said:
    """A sentence about `n` things, which it has as `%(n)s`."""
    return Said(singular, {"n": n, **values}, plural, n)
