"""The error that clients of aggregation know: with `msg` and `v` (data contract 0.1)."""

from oonib.errors import BadRequest


def refusal(sentence: str) -> BadRequest:
    """The request is refused with one of the sentences of the contract."""
    return BadRequest(sentence, extra={"msg": sentence, "v": 0})
