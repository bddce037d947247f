"""From the stored bytes to the measurement in them (fastpath contract 2, steps 1 to 3).

Takes an envelope as well as a bare measurement. Knows nothing of what a measurement means.
"""

from dataclasses import dataclass
from typing import Any

import orjson

from oonib.model import jsontext, yamltext
from oonib.scoring.access import Measurement, get_or
from oonib.scoring.refusal import Undeliverable

_VERDICTS = ("u", "t", "f")


@dataclass(frozen=True, slots=True)
class Unwrapped:
    """A measurement and the verification mark of its envelope."""

    measurement: Measurement
    is_verified: str


def unwrap(raw: bytes) -> Unwrapped:
    """Parse and unwrap. Raises `Undeliverable`."""
    outer = _parsed(raw)
    if not isinstance(outer, dict):
        raise Undeliverable("not_an_object", "the body is not a JSON object")
    verdict = get_or(outer, "is_verified", "u")
    measurement = _content(outer) if "content" in outer and "format" in outer else outer
    return Unwrapped(measurement, verdict if isinstance(verdict, str) and verdict in _VERDICTS else "u")


def _parsed(raw: bytes) -> object:
    # Measuring the depth again costs more than parsing. But what other hosts send was not counted by us, and
    # values by the million claim memory by the gigabyte.
    if len(raw) <= jsontext.MAX_VALUES:
        try:
            value: object = orjson.loads(raw)
        except orjson.JSONDecodeError:
            pass
        else:
            return value
    try:
        return jsontext.loads(raw)
    except jsontext.MalformedJson as exc:
        raise Undeliverable("malformed_json", exc.reason) from None


def _content(outer: dict[str, Any]) -> Measurement:
    form = outer["format"]
    content = outer["content"]
    kind = form.lower() if isinstance(form, str) else None
    if kind == "yaml":
        content = _from_yaml(content)
    elif kind != "json":
        raise Undeliverable("bad_format", "format is neither json nor yaml")
    if not isinstance(content, dict):
        raise Undeliverable("bad_content", "content is not an object")
    return content


def _from_yaml(content: Any) -> Any:
    if not isinstance(content, str):
        raise Undeliverable("bad_content", "content of format yaml is not text")
    try:
        return yamltext.loads(content)
    except yamltext.MalformedYaml as exc:
        raise Undeliverable("bad_content", f"content is not YAML: {exc.reason}") from None
