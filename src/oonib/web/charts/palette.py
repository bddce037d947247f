"""The colours of charts: one name for each meaning. Pages give them by style sheet, pictures carry them.

Outcomes differ in lightness as well as in hue, and words stand beside them: no colour says anything alone.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

Tone = Literal[
    "ok", "anomaly", "confirmed", "failure", "plain", "ink", "soft", "line", "paper",
    "none", "few", "on-light", "on-dark", "level-0", "level-1", "level-2", "level-3", "level-4",
]  # fmt: skip
"""What is drawn: one of the four outcomes, something that is none of them (`plain`), text and rules, classes
of a share from `level-0` (hardly any) to `level-4` with the text on them, `few` for too little to tell.
"""

LEVELS: tuple[Tone, ...] = ("level-0", "level-1", "level-2", "level-3", "level-4")

BOUNDS = (0.01, 0.05, 0.15, 0.4)
"""Where the classes of a share end; the last goes up to 1."""

COLOURS: Mapping[Tone, str] = MappingProxyType({
    "ok": "#3a9a82", "anomaly": "#d08410", "confirmed": "#a3131f", "failure": "#7d8a96",
    "plain": "#0b6b8f", "ink": "#17212b", "soft": "#55636f", "line": "#dde4ea", "paper": "#ffffff",
    "none": "none", "few": "#e6ebef", "on-light": "#17212b", "on-dark": "#ffffff",
    "level-0": "#cfe3dc", "level-1": "#f4dfa6", "level-2": "#eeb357", "level-3": "#d96c2c",
    "level-4": "#a3131f",
})  # fmt: skip
"""The colours of pictures that stand for themselves, on white."""

DARK_GROUND = frozenset({"level-3", "level-4"})
"""Classes on which text is written in the colour of the paper."""


def level(share: float) -> Tone:
    """The class of a share between 0 and 1."""
    return LEVELS[sum(share >= bound for bound in BOUNDS)]
