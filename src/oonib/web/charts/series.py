"""What is counted: the outcomes of a measurement, or one number."""

from collections.abc import Sequence
from dataclasses import dataclass

from oonib.web.charts.drawing import Key, Tip, Words
from oonib.web.charts.palette import Tone
from oonib.web.frame.said import said


@dataclass(frozen=True, slots=True)
class Series:
    """One of several counts that are stacked."""

    tone: Tone
    word: Words

    @property
    def key(self) -> Key:
        """Its line in the legend."""
        return Key(self.tone, self.word)


OUTCOMES = (
    Series("ok", said("No anomaly")),
    Series("anomaly", said("Anomaly")),
    Series("confirmed", said("Confirmed")),
    Series("failure", said("Failure")),
)
"""The four outcomes, which exclude each other, in the order in which counts are given."""

TOTAL = (Series("plain", said("Measurements")),)
"""A single count."""


def number(value: float) -> str:
    """`12 345`, with narrow spaces; figures after the point where there are any."""
    return f"{value:,.10g}".replace(",", "\u202f")


def told(label: Words, counts: Sequence[int], series: Sequence[Series]) -> Tip:
    """A label with its counts, those that are not zero."""
    pairs = zip(counts, series, strict=True)
    return Tip(label, tuple((one.word, number(count)) for count, one in pairs if count))
