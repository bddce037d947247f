"""Errors of the warehouse client: what went wrong, sorted by what the caller can do about it."""

# The server cannot do it now; the same request may succeed later.
UNAVAILABLE_CODES = frozenset({
    202,  # TOO_MANY_SIMULTANEOUS_QUERIES
    203,  # NO_FREE_CONNECTION
    209,  # SOCKET_TIMEOUT
    210,  # NETWORK_ERROR
    225,  # NO_ZOOKEEPER
    236,  # ABORTED
    241,  # MEMORY_LIMIT_EXCEEDED
    242,  # TABLE_IS_READ_ONLY
    243,  # NOT_ENOUGH_SPACE
    252,  # TOO_MANY_PARTS
    279,  # ALL_CONNECTION_TRIES_FAILED
    285,  # TOO_FEW_LIVE_REPLICAS
    286,  # UNSATISFIED_QUORUM_FOR_PREVIOUS_WRITE
    289,  # REPLICA_IS_NOT_IN_QUORUM
    305,  # CANNOT_FETCH_PART
    319,  # UNKNOWN_STATUS_OF_INSERT
    373,  # SESSION_IS_LOCKED
    394,  # QUERY_WAS_CANCELLED
    439,  # CANNOT_SCHEDULE_TASK
    452,  # NOT_INITIALIZED
    473,  # DEADLOCK_AVOIDED
    733,  # TABLE_IS_BEING_RESTARTED
    999,  # KEEPER_EXCEPTION
})  # fmt: skip
TIMEOUT_CODES = frozenset({159, 160})  # TIMEOUT_EXCEEDED, TOO_SLOW
# The values of an insert cannot be stored and never will be. Anything not listed here (a missing
# table, lack of memory) is never blamed on the data.
REJECTED_DATA_CODES = frozenset({
    6,  # CANNOT_PARSE_TEXT
    25,  # CANNOT_PARSE_ESCAPE_SEQUENCE
    26,  # CANNOT_PARSE_QUOTED_STRING
    27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
    32,  # ATTEMPT_TO_READ_AFTER_EOF
    33,  # CANNOT_READ_ALL_DATA
    38,  # CANNOT_PARSE_DATE
    41,  # CANNOT_PARSE_DATETIME
    53,  # TYPE_MISMATCH
    69,  # ARGUMENT_OUT_OF_BOUND
    70,  # CANNOT_CONVERT_TYPE
    72,  # CANNOT_PARSE_NUMBER
    117,  # INCORRECT_DATA
    128,  # TOO_LARGE_ARRAY_SIZE
    131,  # TOO_LARGE_STRING_SIZE
    321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
    349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
    376,  # CANNOT_PARSE_UUID
    407,  # DECIMAL_OVERFLOW
    469,  # VIOLATED_CONSTRAINT
    675,  # CANNOT_PARSE_IPV4
    676,  # CANNOT_PARSE_IPV6
    691,  # UNKNOWN_ELEMENT_OF_ENUM
})  # fmt: skip


class WarehouseError(Exception):
    """ClickHouse refused or failed. `code` is its error number, None when it gave none."""

    def __init__(self, code: int | None, message: str) -> None:
        self.code = code
        self.message = message
        super().__init__(message if code is None else f"{message} (code {code})")


class WarehouseUnavailable(WarehouseError):
    """The server is away or overloaded: try again later."""


class WarehouseTimeout(WarehouseError):
    """The statement took longer than it may."""


class WarehouseRejectedData(WarehouseError):
    """The values of an insert cannot be stored; sending them again cannot help."""


def from_code(code: int, message: str, *, inserting: bool = False) -> WarehouseError:
    """The error for a code of the server."""
    if code in TIMEOUT_CODES:
        return WarehouseTimeout(code, message)
    if code in UNAVAILABLE_CODES:
        return WarehouseUnavailable(code, message)
    if inserting and code in REJECTED_DATA_CODES:
        return WarehouseRejectedData(code, message)
    return WarehouseError(code, message)
