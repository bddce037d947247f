"""What a page says, before it is written down as HTML or JSON."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class View:
    """A page. `data`: what it says, as the JSON twin has it (plain values, dataclasses, `Said`); also the
    variables of `template`, with those of `extra`, which are for the eye only.

    `section`: which entry of the menu it belongs to. `max_age`: seconds for which anybody may keep it without
    asking again. `embeddable`: whether other sites may show it in a frame.
    """

    template: str
    data: Mapping[str, Any]
    extra: Mapping[str, Any] = field(default_factory=dict)
    section: str = ""
    status: int = 200
    max_age: int = 0
    embeddable: bool = False
