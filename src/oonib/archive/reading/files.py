"""From an open file to its measurements: picks the reader by the name and gives damage a place."""

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

from oonib.archive.legacy import ReportName
from oonib.archive.reading.current import jsonl, single
from oonib.archive.reading.found import Damaged, Found, Problem
from oonib.archive.reading.kinds import Kind, kind_of
from oonib.archive.reading.members import postcan, tarcan
from oonib.archive.reading.reports import legacy_lines, yaml_report
from oonib.archive.reading.streams import content

_Reader = Callable[[Iterable[bytes], str], Iterator[Found | Problem]]


def read(stream: BinaryIO, name: str) -> Iterator[Found | Problem]:
    """The measurements of a file, in order, and its problems where they are.

    `name` is a key of the archive or a path; the format follows from its end, the compression from the
    content, the bucket date of legacy YAML from a folder called `YYYY-MM-DD`. Nothing that the file holds
    raises; errors of the stream itself do. Lines of `.jsonl` are split and not parsed. Closes nothing.
    """
    reader = _READERS.get(kind_of(name))
    if reader is not None:
        yield from _guarded(reader(content(stream), name), name)
    elif kind_of(name) is Kind.UNKNOWN:
        yield Problem(name, "unknown_format", "the name has none of the endings of the archive")


def read_report(stream: BinaryIO, name: ReportName) -> Iterator[Found | Problem]:
    """The measurements of a YAML report, in order, as `read` gives them."""
    yield from _guarded(yaml_report(content(stream), name.file, name), name.file)


def _guarded(items: Iterator[Found | Problem], name: str) -> Iterator[Found | Problem]:
    try:
        yield from items
    except Damaged as exc:
        yield exc.at(name)


def _yaml(pieces: Iterable[bytes], name: str) -> Iterator[Found | Problem]:
    return yaml_report(pieces, name, ReportName.of(name))


_READERS: dict[Kind, _Reader] = {
    Kind.POSTCAN: postcan,
    Kind.JSONL: jsonl,
    Kind.JSON_LINES_LZ4: legacy_lines,
    Kind.TARCAN_LZ4: tarcan,
    Kind.YAML_LZ4: _yaml,
    Kind.YAML: _yaml,
    Kind.BODY: single,
}
