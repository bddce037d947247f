"""Reading the few members of an envelope that decide about it, without building the rest in memory.

Owns a shorter way to the same answer as a full parse: a text is either validated here by every rule of
`jsontext`, or handed back to it. What the members mean is not known here.
"""

from dataclasses import dataclass

import msgspec

from oonib.model.jsontext import MAX_DEPTH, MAX_VALUES


class _Claims(msgspec.Struct):
    probe_cc: str | msgspec.UnsetType = msgspec.UNSET
    probe_asn: str | msgspec.UnsetType = msgspec.UNSET
    test_name: str | msgspec.UnsetType = msgspec.UNSET
    report_id: str | msgspec.UnsetType = msgspec.UNSET


CLAIMS = _Claims.__struct_fields__
"""Members of a measurement that are read."""

_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_CONTENT = msgspec.json.Decoder(_Claims)


@dataclass(frozen=True, slots=True)
class Glance:
    """Names of the envelope's members, the bytes of the last `content`, those of `CLAIMS` in it."""

    members: frozenset[str]
    content: bytes
    claims: dict[str, object]


def glance(raw: bytes) -> Glance | None:
    """What `raw` holds, or None where only a full parse can tell, or say what is wrong.

    The decoder checks all of JSON's grammar in what it skips but the encoding of text, which is checked
    beside it. A text with few brackets cannot be nested too deeply.
    """
    if raw.count(b"{") + raw.count(b"[") > MAX_DEPTH or len(raw) > MAX_VALUES or not _is_utf8(raw):
        return None
    try:
        members = _MEMBERS.decode(raw)
        content = members["content"]
        claims = _CONTENT.decode(content)
    except (msgspec.MsgspecError, KeyError, RecursionError):
        return None
    found = {name: value for name in CLAIMS if (value := getattr(claims, name)) is not msgspec.UNSET}
    return Glance(frozenset(members), bytes(content), found)


def content_bytes(raw: bytes) -> bytes | None:
    """The bytes of the value of the last `content`, or None where the fast decoder gives up."""
    try:
        return bytes(_MEMBERS.decode(raw)["content"])
    except (msgspec.MsgspecError, KeyError, RecursionError):
        return None


def _is_utf8(raw: bytes) -> bool:
    if raw.isascii():
        return True
    try:
        raw.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
