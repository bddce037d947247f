"""What pages of places look up: by name, with the bounds and the patience of these pages."""

import time
from collections.abc import Callable, Mapping
from typing import Any

from oonib.web.answers import Answers, Bounds, Wanted


class Looks:
    """`patience`: seconds that a page waits for all that it asks for together."""

    def __init__(self, *, patience: float = 4.0, clock: Callable[[], float] = time.monotonic) -> None:
        bounds = Bounds(kept=400, at_once=12, patience=patience, fresh=30.0, oldest=300.0, failed=3.0)
        self._answers = Answers("places", bounds, clock)

    def get(self, wanted: Mapping[str, Wanted]) -> dict[str, Any]:
        """The answers by name; None for what cannot be had, or not in time."""
        return dict(zip(wanted, self._answers.get(wanted.values()), strict=True))

    def one(self, wanted: Wanted) -> Any:
        """The answer; None where it cannot be had, or not in time."""
        return self._answers.get([wanted])[0]
