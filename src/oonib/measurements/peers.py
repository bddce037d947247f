"""Fresh bodies from the spools of the other API hosts (data contract 2.5).

A host that has no such body, is away or answers nonsense is passed over: the next one is asked. Each may
take a few seconds and send no more than a body can have.
"""

import itertools
import time
from collections.abc import Sequence

import httpx
import structlog

from oonib.model.uid import MeasurementUid

_TIMEOUT = httpx.Timeout(3.0, connect=1.0)
_LONGEST = 8.0
"""Seconds for one host altogether, however slowly it sends."""

_LARGEST_BODY = 80 * 1024 * 1024


class Peers:
    """The other hosts, by base URL, asked in turn and each first as often as the others."""

    def __init__(self, base_urls: Sequence[str]) -> None:
        self._base_urls = [url.rstrip("/") for url in base_urls]
        self._turn = itertools.count()
        self._log = structlog.get_logger("measurements")
        self._client = httpx.Client(timeout=_TIMEOUT, follow_redirects=False, trust_env=False)

    def fetch(self, uid: MeasurementUid) -> bytes | None:
        """The stored bytes of `uid` from the first host that has them, None when no host does."""
        if not self._base_urls:
            return None
        first = next(self._turn) % len(self._base_urls)
        for base_url in self._base_urls[first:] + self._base_urls[:first]:
            stored = self._ask(f"{base_url}/measurement_spool/{uid.spool_path}")
            if stored is not None:
                return stored
        return None

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, url: str) -> bytes | None:
        try:
            with self._client.stream("GET", url) as response:
                if response.status_code == httpx.codes.OK:
                    return self._read(response)
                problem = f"status {response.status_code}"
                if response.status_code == httpx.codes.NOT_FOUND:
                    return None
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            problem = f"{type(exc).__name__}: {exc}"
        self._log.warning("another host did not answer for a body", url=url, problem=problem)
        return None

    def _read(self, response: httpx.Response) -> bytes:
        deadline = time.monotonic() + _LONGEST
        body = bytearray()
        for piece in response.iter_bytes():
            body += piece
            if len(body) > _LARGEST_BODY:
                raise httpx.DecodingError(f"more than {_LARGEST_BODY} bytes")
            if time.monotonic() > deadline:
                raise httpx.ReadTimeout("too slow")
        return bytes(body)
