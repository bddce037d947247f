"""The client: what people ask a backend, as methods."""

import json
from collections.abc import Callable, Iterator, Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, Unpack, cast
from urllib.parse import parse_qsl, quote, urlsplit

import httpx

from oonib.client.asking import Asking, Query
from oonib.client.errors import BadAnswer, NotFound, Refused
from oonib.client.parameters import query
from oonib.client.shapes import AggregationFilters, Counts, Measurement, SearchFilters
from oonib.client.streaming import Event, Streaming

if TYPE_CHECKING:
    import pandas as pd

_SEARCH = "/api/v1/measurements"
_AGGREGATION = "/api/v1/aggregation"
_TIMEOUT = httpx.Timeout(60.0, connect=10.0)
"""Longer than a backend lets a query take."""


class Client:
    """A backend at `base_url`. Close it, or use it in `with`. Safe from any thread.

    `patience`: seconds that one request may spend on waiting where it has to be asked again. Methods raise
    `oonib.client.ClientError` kinds.
    """

    def __init__(
        self,
        base_url: str = "https://api.ooni.org",
        *,
        patience: float = 120.0,
        user_agent: str = "oonib-client",
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._base = base_url.rstrip("/")
        self._asking = Asking(
            httpx.Client(
                headers={"User-Agent": user_agent},
                timeout=_TIMEOUT,
                transport=transport,
                follow_redirects=True,
            ),
            patience,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._asking.close()

    def search(
        self, *, limit: int | None = None, page_size: int = 1000, **filters: Unpack[SearchFilters]
    ) -> Iterator[Measurement]:
        """The measurements that agree with all filters, newest first, at most `limit` in all.

        Pages are fetched as they are needed. Without `since` the backend looks back 30 days.
        """
        left = limit
        asked: Query | None = [*query(filters), ("limit", str(_page(page_size, left)))]
        while asked is not None and left != 0:
            answer = _mapping(self._asking.get_json(self._base + _SEARCH, asked))
            for result in _results(answer)[:left]:
                yield cast("Measurement", result)
                left = None if left is None else left - 1
            asked = _following(answer, asked)

    def search_frame(
        self, *, limit: int | None = None, page_size: int = 10_000, **filters: Unpack[SearchFilters]
    ) -> "pd.DataFrame":
        """The same as a table, with times as times. Needs pandas."""
        import pandas as pd  # noqa: PLC0415 - only who wants tables needs it

        frame = pd.DataFrame(self.search(limit=limit, page_size=page_size, **filters))
        if "measurement_start_time" in frame:
            frame["measurement_start_time"] = pd.to_datetime(frame["measurement_start_time"])
        return frame

    def aggregate(self, **filters: Unpack[AggregationFilters]) -> list[Counts]:
        """Counts of outcomes, a row for each place on the axes; one row without axes."""
        answer = _mapping(self._asking.get_json(self._base + _AGGREGATION, query(filters)))
        result = answer.get("result")
        if result is None and "msg" in answer:
            # An old mistake of clients, equal axes, is answered with a success.
            raise Refused(200, str(answer["msg"]), answer["msg"])
        rows = result if isinstance(result, list) else [result]
        if not all(isinstance(row, dict) for row in rows):
            raise BadAnswer("an aggregation without counts")
        return cast("list[Counts]", rows)

    def aggregate_frame(self, **filters: Unpack[AggregationFilters]) -> "pd.DataFrame":
        """The same as a table, with times as times. Needs pandas."""
        import pandas as pd  # noqa: PLC0415 - only who wants tables needs it

        frame = pd.DataFrame(self.aggregate(**filters))
        if "measurement_start_day" in frame:
            frame["measurement_start_day"] = pd.to_datetime(frame["measurement_start_day"], format="ISO8601")
        return frame

    def stream(
        self,
        *,
        last_event_id: str | None = None,
        missed: Callable[[], None] = lambda: None,
        **filters: Unpack[SearchFilters],
    ) -> Iterator[Event]:
        """Measurements as they come in, without end; the filters are those of a search.

        Goes on behind `last_event_id`, if given, and after each break behind the last event that was seen.
        `missed` is called where that is so long ago that something in between is not kept any more.
        """
        url = f"{self._base}/api/v1/stream"
        return Streaming(self._asking, url, query(filters), last_event_id, missed).events()

    def raw(self, measurement_uid: str) -> bytes:
        """The body of a measurement as it was sent. Raises `NotFound`."""
        path = f"/api/v1/measurement/{quote(measurement_uid, safe='')}"
        return self._asking.get_bytes(self._base + path)

    def measurement(self, measurement_uid: str) -> dict[str, Any]:
        """The body of a measurement, parsed. Raises `NotFound`."""
        try:
            return dict(_mapping(json.loads(self.raw(measurement_uid))))
        except ValueError as exc:
            raise BadAnswer(f"{measurement_uid}: the body is not JSON") from exc

    def meta(self, measurement_uid: str) -> dict[str, Any]:
        """What the backend knows of a measurement. Raises `NotFound`."""
        asked = [("measurement_uid", measurement_uid)]
        found = _mapping(self._asking.get_json(f"{self._base}/api/v1/measurement_meta", asked))
        if not found:
            raise NotFound(404, "no such measurement", measurement_uid)
        return dict(found)


def _page(page_size: int, left: int | None) -> int:
    return max(1, page_size if left is None else min(page_size, left))


def _mapping(answer: object) -> Mapping[str, Any]:
    if not isinstance(answer, dict):
        raise BadAnswer("not an object")
    return answer


def _results(answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    results = answer.get("results")
    if not isinstance(results, list) or not all(isinstance(result, dict) for result in results):
        raise BadAnswer("a page without results")
    return results


def _following(answer: Mapping[str, Any], asked: Query) -> Query | None:
    """The parameters of the next page. Its address is not followed: it may be the backend's public one,
    and this client was told another."""
    following = _mapping(answer.get("metadata")).get("next_url")
    if following is None:
        return None
    parameters = parse_qsl(urlsplit(str(following)).query, keep_blank_values=True)
    if _offset(parameters) <= _offset(asked):
        raise BadAnswer("the next page is not further on")
    return parameters


def _offset(parameters: Query) -> int:
    text = dict(parameters).get("offset", "0")
    return int(text) if text.isascii() and text.isdigit() else 0
