"""Errors of the embedded server and how each becomes an HTTP status, as a ClickHouse server maps them."""

import re

_CODE = re.compile(r"Code:\s*(\d+)")
_NAME = re.compile(r"\(([A-Z][A-Z0-9_]+)\)")

AUTHENTICATION_FAILED = 516
BAD_ARGUMENTS = 36
NOT_IMPLEMENTED = 48
READONLY = 164
SYNTAX_ERROR = 62
SESSION_NOT_FOUND = 372
SESSION_IS_LOCKED = 373
TOO_MANY_SIMULTANEOUS_QUERIES = 202
QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING = 216
QUERY_IS_TOO_LARGE = 307
NO_DATA_TO_INSERT = 108
NOT_ENOUGH_SPACE = 243
CANNOT_DECOMPRESS = 271
UNKNOWN_COMPRESSION_METHOD = 89

_STATUS_BY_CODE = {
    **dict.fromkeys(
        (36, 427, 6, 25, 26, 38, 41, 72, 27, 376, 675, 676, 169, 456, 457, 62, 117, 53, 321), 400
    ),
    **dict.fromkeys((167, 168, 223), 400),
    **dict.fromkeys((60, 46, 47, 50, 56, 81, 115, 127, 63, 73, 336, 78, 372), 404),
    **dict.fromkeys((AUTHENTICATION_FAILED, 192, 193, 194), 401),
    QUERY_IS_TOO_LARGE: 413,
    NOT_IMPLEMENTED: 501,
    159: 408,
    TOO_MANY_SIMULTANEOUS_QUERIES: 503,
    209: 503,
    439: 503,
    READONLY: 403,
}


class EmbeddedError(Exception):
    """The embedded server cannot start or go on; the message is for the operator."""


class DirectoryInUseError(EmbeddedError):
    """Another process owns the data directory."""


class QueryError(Exception):
    """A statement failed. `message` is the engine's text, beginning with `Code: N.`."""

    def __init__(self, message: str) -> None:
        self.message = message.strip()
        match = _CODE.search(self.message)
        self.code = int(match.group(1)) if match else 1002
        super().__init__(self.message)

    @classmethod
    def of(cls, code: int, text: str, name: str) -> "QueryError":
        """An error the server itself raises, in the engine's wording."""
        return cls(f"Code: {code}. DB::Exception: {text}. ({name})")

    @property
    def status(self) -> int:
        """The HTTP status a ClickHouse server gives this code."""
        return _STATUS_BY_CODE.get(self.code, 500)

    @property
    def name(self) -> str:
        """The symbolic name, for instance UNKNOWN_TABLE."""
        names = _NAME.findall(self.message)
        return names[-1] if names else ""


class HttpError(Exception):
    """The request is not HTTP we accept. The connection closes after the answer."""

    def __init__(self, status: int, text: str) -> None:
        self.status = status
        self.text = text
        super().__init__(text)


class ClientGoneError(Exception):
    """The client closed the connection or stopped moving."""
