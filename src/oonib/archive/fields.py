"""A few fields out of a large JSON object: fast where its text is strict, tolerant where it is not."""

from typing import Any

import msgspec

from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope


def read_fields(text: bytes, wanted: type[msgspec.Struct]) -> dict[str, Any]:
    """The fields that `wanted` names (each of them `Any` with a default), read from an object.

    Raises `MalformedJson`, or `BadEnvelope` for what is no object.
    """
    try:
        return msgspec.structs.asdict(msgspec.json.decode(text, type=wanted))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        # The fast decoder is stricter than what is accepted; what it refuses is read tolerantly.
        value = jsontext.loads(text)
    if not isinstance(value, dict):
        raise BadEnvelope("not a JSON object")
    known = {name: value[name] for name in wanted.__struct_fields__ if name in value}
    return msgspec.structs.asdict(wanted(**known))
