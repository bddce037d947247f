"""From the client library's exceptions to the warehouse's own."""

import re

from clickhouse_connect.driver.exceptions import DataError, Error, OperationalError, StreamFailureError
from urllib3.exceptions import ReadTimeoutError
from urllib3.exceptions import TimeoutError as PoolTimeoutError

from oonib.warehouse.errors import (
    WarehouseError,
    WarehouseRejectedData,
    WarehouseTimeout,
    WarehouseUnavailable,
    from_code,
)

_CODE = re.compile(r"Code:\s*(\d+)")
_URL = re.compile(r"\s*\(for url [^)]*\)|\(http[^)]*\)")
_STATUS = re.compile(r"HTTP status (\d+)|HTTP driver received HTTP status (\d+)")


def translate(error: BaseException, *, inserting: bool = False) -> WarehouseError:
    """The warehouse error that says what the caller can do."""
    message = _URL.sub("", str(error)).strip()
    code = _code(error, message)
    if code is not None:
        return from_code(code, message, inserting=inserting)
    if _is_read_timeout(error):
        return WarehouseTimeout(None, "no answer in time")
    if isinstance(error, DataError):
        return WarehouseRejectedData(None, message) if inserting else WarehouseError(None, message)
    if isinstance(error, OperationalError | StreamFailureError | OSError) or not isinstance(error, Error):
        return WarehouseUnavailable(None, _reason(error))
    if _is_server_failure(message):
        return WarehouseUnavailable(None, message)
    return WarehouseError(None, message)


def _code(error: BaseException, message: str) -> int | None:
    code = error.code if isinstance(error, Error) else None
    if code is None and (match := _CODE.search(message)):
        code = int(match.group(1))
    return code


def _chain(error: BaseException) -> list[BaseException]:
    chain: list[BaseException] = []
    current: BaseException | None = error
    while current is not None and current not in chain:
        chain.append(current)
        current = current.__cause__ or current.__context__
    return chain


def _is_read_timeout(error: BaseException) -> bool:
    return any(isinstance(one, ReadTimeoutError | TimeoutError) for one in _chain(error)) and not any(
        isinstance(one, PoolTimeoutError) and not isinstance(one, ReadTimeoutError) for one in _chain(error)
    )


def _is_server_failure(message: str) -> bool:
    match = _STATUS.search(message)
    status = int(match.group(1) or match.group(2)) if match else 0
    return status >= 500 or status == 429


def _reason(error: BaseException) -> str:
    # The library's text holds the address; the class of the failure is enough.
    return "ClickHouse cannot be reached: " + type(_chain(error)[-1]).__name__
