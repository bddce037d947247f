"""Why a measurement gets no row: discarded by rule, or a dead letter (fastpath contract 2, design section 6).

Internal signals of the room; `process` turns them into values.
"""


class Discard(Exception):
    """Production drops such measurements on purpose. `reason` is a stable token."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Undeliverable(ValueError):
    """The body cannot become a row. `reason` is a stable token, `detail` says more."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(f"{reason}: {detail}")
        self.reason = reason
        self.detail = detail
