"""`oonib normalise`: legacy YAML reports as JSON lines."""

import re
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO

import typer

from oonib.cli.common import fail, say

if TYPE_CHECKING:
    from oonib.archive.reading import Found, Problem

_STANDARD = Path("-")
_DAY_RE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def normalise(
    source: Annotated[
        Path, typer.Argument(metavar="IN", help="A report: .yaml or .yamloo, also .lz4 or .gz; - for stdin.")
    ],
    target: Annotated[
        Path, typer.Argument(metavar="OUT", help="Where the lines go; - for stdout.", show_default=False)
    ] = _STANDARD,
    bucket_date: Annotated[
        str | None,
        typer.Option(
            "--bucket-date",
            metavar="YYYY-MM-DD",
            help="Day of the bucket. [default: that of a folder in the path, else the day of the report]",
        ),
    ] = None,
) -> None:
    """Bring a legacy YAML report into data format 0.2.0: one measurement a line, the same bytes in every run.

    What gives no measurement is named on standard error, and the exit status is 1.

    Example: `oonib normalise canned/2015-01-01/20150101T000000Z-IT-AS3269-http_host-x-0.1.0-probe.yaml.lz4`
    """
    from oonib.archive.legacy import ReportName
    from oonib.archive.reading import read_report

    if bucket_date is not None and not _DAY_RE.fullmatch(bucket_date):
        fail(f"--bucket-date {bucket_date!r} is not YYYY-MM-DD", status=2)
    if target != _STANDARD and target.exists() and source.exists() and target.samefile(source):
        fail(f"{target}: that is the report itself", status=2)
    name = ReportName.of("stdin.yaml" if source == _STANDARD else source.absolute().as_posix())
    name = ReportName(bucket_date or name.bucket_date, name.file)
    with _opened(source) as report, _written(target) as lines:
        left_out = _write(read_report(report, name), lines)
    if left_out:
        raise typer.Exit(1)


def _write(items: "Iterator[Found | Problem]", lines: BinaryIO) -> bool:
    """Write measurements, name the rest. Whether there was any."""
    from oonib.archive.reading import Problem

    problems: Counter[str] = Counter()
    written = 0
    for item in items:
        if isinstance(item, Problem):
            problems[item.reason] += 1
            say(_printable(f"{item.place}: {item.reason}: {item.detail}"))
        else:
            lines.write(_with_uid(item.body, item.uid) + b"\n")
            written += 1
    if problems:
        by_reason = ", ".join(f"{reason} {count}" for reason, count in sorted(problems.items()))
        say(f"{written} normalised, {problems.total()} left out: {by_reason}")
    return bool(problems)


def _with_uid(body: bytes, uid: str) -> bytes:
    from oonib.model import jsonspan

    if b'"measurement_uid"' in body:
        body = jsonspan.without(body, "measurement_uid")
    # A normalised measurement has all keys of the schema, so there is a member before the comma.
    return body[:-1] + b',"measurement_uid":"' + uid.encode("ascii") + b'"}'


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "?" for c in text)


@contextmanager
def _opened(source: Path) -> Iterator[BinaryIO]:
    if source == _STANDARD:
        yield sys.stdin.buffer
        return
    try:
        report = source.open("rb")
    except OSError as exc:
        fail(f"{source}: {exc.strerror}", status=2)
    with report:
        yield report


@contextmanager
def _written(target: Path) -> Iterator[BinaryIO]:
    """The target, in its place only once it is complete."""
    if target == _STANDARD:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = target.with_name(target.name + ".part")
    try:
        with partial.open("wb") as lines:
            yield lines
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
