"""Why a report or an entry of one gives no measurement."""


class Unfit(Exception):
    """It cannot be normalised. `reason` is a stable token, `detail` is for people."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
