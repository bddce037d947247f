"""What can go wrong when a backend is asked."""


class ClientError(Exception):
    """Any failure that this package reports."""


class Refused(ClientError):
    """The backend answered that it will not: the request must change. `detail` says what about it."""

    def __init__(self, status: int, error: str, detail: object) -> None:
        super().__init__(f"{status} {error}" + (f": {detail}" if detail != error else ""))
        self.status = status
        self.error = error
        self.detail = detail


class NotFound(Refused):
    """There is no such thing."""


class QuotaExceeded(ClientError):
    """The quota of this network is used up. `retry_after`: seconds, None where the backend does not say."""

    def __init__(self, retry_after: float | None) -> None:
        super().__init__(
            "quota exceeded" if retry_after is None else f"quota exceeded, again in {retry_after:.0f} s"
        )
        self.retry_after = retry_after


class Unavailable(ClientError):
    """The backend could not be reached or could not answer, also when asked again. Later it may."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class TooMuch(ClientError):
    """The answer took the backend too long: ask for less."""


class BadAnswer(ClientError):
    """The answer is not what a backend says."""


class ChecksumMismatch(ClientError):
    """A downloaded file is not what the store has."""
