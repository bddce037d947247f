"""One request, asked again where that can help.

What makes sense again is: no connection, 429, 502 and 503. It waits as long as `Retry-After` says, else
twice as long each time, and gives up when the next wait would go beyond the patience of the client.
"""

import random
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from typing import Any, TypeVar

import httpx

from oonib.client.errors import BadAnswer, ClientError, NotFound, QuotaExceeded, Refused, TooMuch, Unavailable

_AGAIN = (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.BAD_GATEWAY, HTTPStatus.SERVICE_UNAVAILABLE)
_FIRST_WAIT = 0.5
_LONGEST_WAIT = 30.0
_MOST_OF_A_PROBLEM = 64 * 1024

_Answer = TypeVar("_Answer")

Query = Sequence[tuple[str, str]]


class Asking:
    """An `httpx.Client` that does not give up at once. `patience`: seconds of waiting for one request."""

    def __init__(
        self,
        http: httpx.Client,
        patience: float,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._http = http
        self._patience = patience
        self._sleep = sleep

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def get_json(self, url: str, query: Query = ()) -> Any:
        """The parsed body. Raises `ClientError` kinds."""
        content = self.get_bytes(url, query)
        try:
            return httpx.Response(200, content=content).json()
        except ValueError as exc:
            raise BadAnswer(f"{url}: not JSON") from exc

    def get_bytes(self, url: str, query: Query = ()) -> bytes:
        """The body. Raises `ClientError` kinds."""

        def read() -> bytes:
            with self.opened(url, query) as answer:
                return answer.read()

        return self.patiently(read)

    def rest(self, seconds: float) -> None:
        """Do nothing for a while."""
        self._sleep(seconds)

    def patiently(self, attempt: Callable[[], _Answer]) -> _Answer:
        """What `attempt` returns, tried again after `Unavailable` and `QuotaExceeded`."""
        waited, wait = 0.0, _FIRST_WAIT
        while True:
            try:
                return attempt()
            except (QuotaExceeded, Unavailable) as exc:
                pause = exc.retry_after
                if pause is None:
                    # Many clients that failed at one moment shall not all come back at one moment.
                    pause = wait * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
                if waited + pause > self._patience:
                    raise
                waited, wait = waited + pause, min(2 * wait, _LONGEST_WAIT)
                self._sleep(pause)

    @contextmanager
    def opened(
        self,
        url: str,
        query: Query = (),
        *,
        headers: Mapping[str, str] | None = None,
        timeout: httpx.Timeout | None = None,
    ) -> Iterator[httpx.Response]:
        """An answer that is a success, not read yet. One attempt. Raises `ClientError` kinds."""
        options: dict[str, Any] = {} if timeout is None else {"timeout": timeout}
        try:
            with self._http.stream("GET", url, params=list(query), headers=headers, **options) as answer:
                if not answer.is_success:
                    raise _problem(answer)
                yield answer
        except httpx.InvalidURL as exc:
            raise ClientError(f"{url}: {exc}") from exc
        except httpx.DecodingError as exc:
            raise BadAnswer(f"{url}: {exc}") from exc
        except httpx.TransportError as exc:
            raise Unavailable(f"{url}: {exc or type(exc).__name__}") from exc


def _problem(answer: httpx.Response) -> ClientError:
    error, detail = _said(answer)
    status = answer.status_code
    if status in _AGAIN:
        after = retry_after(answer)
        if status == HTTPStatus.TOO_MANY_REQUESTS:
            return QuotaExceeded(after)
        return Unavailable(f"{status} {error}", after)
    if status == HTTPStatus.GATEWAY_TIMEOUT:
        return TooMuch(error)
    if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return BadAnswer(f"{status} {error}")
    return (NotFound if status == HTTPStatus.NOT_FOUND else Refused)(status, error, detail)


def _said(answer: httpx.Response) -> tuple[str, object]:
    """`error` and `detail` of the body, else its status in words: others answer with pages."""
    phrase = answer.reason_phrase or "refused"
    read = b""
    for piece in answer.iter_bytes():
        read += piece
        if len(read) > _MOST_OF_A_PROBLEM:
            return phrase, phrase
    try:
        body = httpx.Response(200, content=read).json()
    except ValueError:
        return phrase, phrase
    if not isinstance(body, dict):
        return phrase, phrase
    error = str(body.get("error") or body.get("detail") or phrase)
    return error, body.get("detail", error)


def retry_after(answer: httpx.Response) -> float | None:
    """Seconds until trying again makes sense, as the header says: a number or a date."""
    text = answer.headers.get("retry-after", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
    except ValueError:
        return None
    aware = date if date.tzinfo else date.replace(tzinfo=UTC)
    return max((aware - datetime.now(UTC)).total_seconds(), 0.0)
