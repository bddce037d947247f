"""Reading YAML as old probes wrote it, safely: its claims on memory, stack and time are bounded first.

The parser composes recursively on the C stack and follows aliases of aliases, so nesting, the number of
nodes and the size with all aliases written out are measured on the stream of events before anything is
built. Owns which texts count as YAML; what is in them is for others.
"""

from typing import Any

import yaml

MAX_DEPTH = 100
"""Levels of nesting: the builder takes a few stack frames for each."""

MAX_NODES = 500_000
"""Scalars and collections in one document. Each costs most of a kilobyte while the document is built."""

MAX_EXPANDED = 128 * 1024 * 1024
"""Bytes with all aliases written out: a value counts its text and 64 bytes."""

_NODE = 64
_LONGEST_NUMBER = 400
"""Base-60 numbers of the old YAML take quadratic time; no measurement has any of that length."""


class MalformedYaml(ValueError):
    """The text is not YAML that is accepted here.

    `token` is `bad_yaml` or `yaml_too_complex`, `reason` a sentence for people.
    """

    def __init__(self, token: str, reason: str) -> None:
        super().__init__(reason)
        self.token = token
        self.reason = reason


class _Loader(yaml.CSafeLoader):  # type: ignore[misc]  # the library has no types
    """The safe loader, less what would make a time of a text that looks like one."""

    def construct_short_int(self, node: Any) -> Any:
        return self.construct_yaml_int(_short(node))

    def construct_short_float(self, node: Any) -> Any:
        return self.construct_yaml_float(_short(node))


_Loader.add_constructor("tag:yaml.org,2002:int", _Loader.construct_short_int)
_Loader.add_constructor("tag:yaml.org,2002:float", _Loader.construct_short_float)
_Loader.add_constructor("tag:yaml.org,2002:timestamp", _Loader.construct_yaml_str)


def _short(node: Any) -> Any:
    if len(node.value) > _LONGEST_NUMBER:
        raise MalformedYaml("bad_yaml", f"a number of {len(node.value)} characters")
    return node


def loads(text: bytes | str) -> Any:
    """The value of one document; what looks like a time stays text. Raises `MalformedYaml`."""
    try:
        _measure(text)
        return yaml.load(text, _Loader)  # noqa: S506 - a safe loader
    except MalformedYaml:
        raise
    except yaml.YAMLError as exc:
        raise MalformedYaml("bad_yaml", _first_line(exc)) from None
    except (ValueError, LookupError, TypeError, AttributeError, OverflowError, RecursionError) as exc:
        # What the library's own constructors raise on tags that do not fit their text: `!!int x`.
        raise MalformedYaml("bad_yaml", f"{type(exc).__name__}: {str(exc)[:200]}") from None


def _first_line(exc: yaml.YAMLError) -> str:
    return " ".join(str(exc).split())[:200]


def _measure(text: bytes | str) -> None:
    measure = _Measure()
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        measure.take(event)


class _Measure:
    """Adds up a document while its events pass."""

    def __init__(self) -> None:
        self._nodes = 0
        self._open: list[tuple[str | None, int]] = []
        self._expanded = 0
        self._anchors: dict[str, int | None] = {}

    def take(self, event: Any) -> None:
        """Count an event in. Raises `MalformedYaml`."""
        if isinstance(event, yaml.ScalarEvent):
            self._add(_NODE + len(event.value))
            if event.anchor:
                self._anchors[event.anchor] = _NODE + len(event.value)
        elif isinstance(event, yaml.CollectionStartEvent):
            self._begin(event.anchor)
        elif isinstance(event, yaml.CollectionEndEvent):
            anchor, before = self._open.pop()
            if anchor:
                self._anchors[anchor] = self._expanded - before
        elif isinstance(event, yaml.AliasEvent):
            self._follow(event.anchor)

    def _begin(self, anchor: str | None) -> None:
        self._open.append((anchor, self._expanded))
        if len(self._open) > MAX_DEPTH:
            raise MalformedYaml("yaml_too_complex", f"nested deeper than {MAX_DEPTH} levels")
        if anchor:
            self._anchors[anchor] = None
        self._add(_NODE)

    def _follow(self, anchor: str) -> None:
        # An unknown anchor is the composer's to refuse.
        size = self._anchors.get(anchor, 0)
        if size is None:
            raise MalformedYaml("yaml_too_complex", "a value that contains itself")
        self._add(_NODE + size)

    def _add(self, size: int) -> None:
        self._nodes += 1
        self._expanded += size
        if self._nodes > MAX_NODES:
            raise MalformedYaml("yaml_too_complex", f"more than {MAX_NODES} values")
        if self._expanded > MAX_EXPANDED:
            raise MalformedYaml(
                "yaml_too_complex", f"more than {MAX_EXPANDED} bytes with all aliases written out"
            )
