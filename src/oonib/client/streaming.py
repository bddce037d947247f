"""The live feed from the client's side: events read from a connection that is opened again when it breaks."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from typing import cast

import httpx

from oonib.client.asking import Asking, Query
from oonib.client.errors import BadAnswer, Unavailable
from oonib.client.shapes import Measurement

_SILENCE = httpx.Timeout(45.0, connect=10.0)
"""A backend says something every 15 seconds."""

_BETWEEN_CONNECTIONS = 1.0


@dataclass(frozen=True, slots=True)
class Event:
    """A measurement that came in. With its `id` a stream goes on behind it, up to 24 hours later."""

    id: str
    measurement: Measurement


class Streaming:
    """One stream over as many connections as it takes. `missed` is called where the backend says that what
    came in meanwhile is not kept any more."""

    def __init__(
        self, asking: Asking, url: str, query: Query, last_id: str | None, missed: Callable[[], None]
    ) -> None:
        self._asking = asking
        self._url = url
        self._query = query
        self._last_id = last_id
        self._missed = missed

    def events(self) -> Iterator[Event]:
        """Events without end. Raises `ClientError` kinds when patience is over."""
        while True:
            with ExitStack() as stack:
                answer = self._asking.patiently(lambda held=stack: held.enter_context(self._opened()))  # type: ignore[misc]
                # A connection that breaks is opened again, from the last event on.
                with suppress(Unavailable):
                    yield from self._read(answer)
            self._asking.rest(_BETWEEN_CONNECTIONS)

    @contextmanager
    def _opened(self) -> Iterator[httpx.Response]:
        headers = {"Accept": "text/event-stream"}
        if self._last_id is not None:
            headers["Last-Event-ID"] = self._last_id
        with self._asking.opened(self._url, self._query, headers=headers, timeout=_SILENCE) as answer:
            yield answer

    def _read(self, answer: httpx.Response) -> Iterator[Event]:
        fields: dict[str, str] = {}
        for line in _lines(answer):
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
                continue
            self._last_id = fields.get("id", self._last_id)
            if fields.get("event") == "gap":
                self._missed()
            elif "data" in fields:
                yield Event(self._last_id or "", _measurement(fields["data"]))
            fields = {}


def _lines(answer: httpx.Response) -> Iterator[str]:
    try:
        yield from answer.iter_lines()
    except httpx.TransportError as exc:
        raise Unavailable(str(exc)) from exc


def _measurement(text: str) -> Measurement:
    try:
        found = json.loads(text)
    except ValueError as exc:
        raise BadAnswer("an event that is not JSON") from exc
    if not isinstance(found, dict):
        raise BadAnswer("an event that is no measurement")
    return cast("Measurement", found)
