"""The errors that reach a client, by meaning. Which status and body each gets is decided in `app.errors`.

Rooms below the HTTP edge raise errors of their own (`SpoolFull`, `WarehouseTimeout`); services turn those
that a client can act on into one of these.
"""


class OonibError(Exception):
    """An answer other than success. `token` is a stable word for programs, `message` a sentence for people.

    `extra` holds further keys of the error body, `retry_after` seconds after which trying again makes sense.
    """

    def __init__(
        self,
        message: str,
        *,
        token: str | None = None,
        extra: dict[str, object] | None = None,
        retry_after: int | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.token = token
        self.extra = extra or {}
        self.retry_after = retry_after


class BadRequest(OonibError):
    """The request cannot be understood or is refused as it stands."""


class Unauthorized(OonibError):
    """Who asks does not prove who they are."""


class Forbidden(OonibError):
    """The request is understood and never answered, whoever asks."""


class NotFound(OonibError):
    """There is no such thing."""


class Taken(OonibError):
    """Somebody else was faster, or the name is somebody's already."""


class Gone(OonibError):
    """It was there and was removed for good."""


class TooLarge(OonibError):
    """The body is larger than accepted, before or after decompression."""


class TooSlow(OonibError):
    """The client made no progress in time."""


class Invalid(OonibError):
    """A parameter has a value outside its range or of the wrong kind."""


class TooMany(OonibError):
    """More requests than one network may make in a while."""


class Unavailable(OonibError):
    """Something that the answer needs is away for now. Try again."""


class NoRoom(OonibError):
    """There is no room left to store what was sent. Try again later."""


class Failed(OonibError):
    """The request was right, and what it asks for did not succeed here."""


class Timeout(OonibError):
    """The answer took longer than allowed."""


def domain_error(
    kind: type[OonibError], description: str, err_str: str, err_args: dict[str, object] | None = None
) -> OonibError:
    """An error with a stable word of its own, `err_str`, for the pages that people edit with."""
    extra: dict[str, object] = {"description": description, "err_str": err_str, "err_args": err_args}
    return kind(description, extra=extra)
