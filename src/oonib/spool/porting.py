"""Moving in and out: the classic spool folder `incoming/<hour>_<CC>_<test>/<uid>.post` (probe contract 5.5).

Import keeps uids; what cannot be read goes to a quarantine folder and is counted, and the rest goes on.
Export writes each file beside its final name, syncs it and renames it.
"""

import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field
from pathlib import Path

from oonib.model.envelope import BadEnvelope, read_envelope
from oonib.model.jsontext import MalformedJson
from oonib.model.uid import BadUid, parse_uid
from oonib.spool.entries import Receipt, Submission, digest_of
from oonib.spool.spool import Spool

_SUFFIX = ".post"
_IN_FLIGHT = 64
_LARGEST_FILE = 70 * 1024 * 1024


@dataclass(slots=True)
class Imported:
    """What an import did. `quarantined`: file names with the reason each was put aside for."""

    stored: int = 0
    known: int = 0
    quarantined: dict[str, str] = field(default_factory=dict)


def import_folder(spool: Spool, folder: Path, quarantine: Path, *, move: bool = False) -> Imported:
    """Take over every `.post` file below `folder`; with `move` they are deleted once they are durable.

    Raises `SpoolError` when the spool takes no more; what was stored until then stays stored.
    """
    result = Imported()
    waiting: list[tuple[Path, Future[Receipt]]] = []
    for path in posts(folder):
        try:
            waiting.append((path, spool.submit(_read(path))))
        except (BadUid, BadEnvelope, MalformedJson, OSError) as exc:
            _put_aside(path, quarantine, move=move)
            result.quarantined[path.name] = str(exc)
        if len(waiting) >= _IN_FLIGHT:
            _settle(waiting, result, move=move)
    _settle(waiting, result, move=move)
    return result


def posts(folder: Path) -> Iterator[Path]:
    """The `.post` files below `folder`, in order. Links are not followed: they could lead anywhere."""
    for parent, folders, names in os.walk(folder, followlinks=False):
        folders.sort()
        for name in sorted(names):
            path = Path(parent, name)
            if name.endswith(_SUFFIX) and path.is_file() and not path.is_symlink():
                yield path


def _read(path: Path) -> Submission:
    uid = parse_uid(path.name.removesuffix(_SUFFIX))
    if path.stat().st_size > _LARGEST_FILE:
        raise BadEnvelope("larger than any accepted body")
    stored = path.read_bytes()
    envelope = read_envelope(stored)
    report_id = envelope.claims.get("report_id")
    name = report_id if isinstance(report_id, str) else ""
    digest = digest_of(name, envelope.content_bytes)
    return Submission(str(uid), name, digest, stored)


def _put_aside(path: Path, quarantine: Path, *, move: bool) -> None:
    quarantine.mkdir(parents=True, exist_ok=True)
    if move:
        shutil.move(path, quarantine / path.name)
    else:
        shutil.copyfile(path, quarantine / path.name)


def _settle(waiting: list[tuple[Path, Future[Receipt]]], result: Imported, *, move: bool) -> None:
    for path, future in waiting:
        receipt = future.result()
        if receipt.duplicate:
            result.known += 1
        else:
            result.stored += 1
        if move:
            path.unlink()
    waiting.clear()


def export_folder(spool: Spool, folder: Path) -> int:
    """Write everything that the spool holds as `.post` files below `folder`. Returns how many."""
    count, seq = 0, 0
    while entries := spool.after(seq, limit=200, max_bytes=16 * 1024 * 1024):
        for entry in entries:
            _write(folder / "incoming" / parse_uid(entry.uid).spool_path, entry.stored())
            count += 1
        seq = entries[-1].seq
    return count


def _write(path: Path, stored: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".tmp")
    with part.open("wb") as file:
        file.write(stored)
        file.flush()
        os.fsync(file.fileno())
    part.rename(path)
