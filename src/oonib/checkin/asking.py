"""The body of a probe's request: counted while it arrives, read as JSON whatever its type is called.

Old probes send no content type or a wrong one (probe contract 0.1), so it is not looked at.
"""

from collections.abc import AsyncIterator
from typing import Any

from oonib.errors import BadRequest, TooLarge
from oonib.model import jsontext

LARGEST_BODY = 256 * 1024
"""Bytes of the largest request that is not a submission; a thousand addresses take a fifth of it."""


async def read_object(stream: AsyncIterator[bytes], limit: int = LARGEST_BODY) -> dict[str, Any]:
    """The JSON object that a request holds. Raises `BadRequest`, `TooLarge`."""
    raw = bytearray()
    async for piece in stream:
        raw += piece
        if len(raw) > limit:
            raise TooLarge(f"the body is larger than {limit} bytes")
    try:
        value = jsontext.loads(bytes(raw))
    except jsontext.MalformedJson as exc:
        raise BadRequest(f"the body is not JSON: {exc.reason}") from None
    if not isinstance(value, dict):
        raise BadRequest("the body is not a JSON object")
    return value
