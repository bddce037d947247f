"""The entry of a can is read from its file, line by line from the places that the index gets."""

import dataclasses
from pathlib import Path

import pytest

from oonib.archive.building import BuiltCan, build_can
from oonib.archive.gunzip import BadArchive
from oonib.archive.manifests.describing import Leaves, built_entry, lines_of
from oonib.archive.names import CanName
from oonib.model.uid import make_uid
from oonib.spool import Entry
from oonib.spool.entries import pack

from support.archiving import START

NAME = CanName("2026030210", "BR", "webconnectivity", "1", 0)


@pytest.fixture
def built(tmp_path: Path) -> BuiltCan:
    """A can whose lines lie in several gzip members; one of its posts is no measurement."""
    entries = []
    for n in range(12):
        stored = b'{"content":{"n":%d,"fill":"%b"}}' % (n, b"xyz" * 100_000) if n != 5 else b"rubbish"
        uid = str(make_uid(START.replace(microsecond=n), "BR", "webconnectivity", stored))
        entries.append(Entry(n, uid, pack(stored)))
    return build_can(NAME, entries, len(entries), tmp_path)


def test_what_the_places_lead_to_is_all_there_is(built: BuiltCan) -> None:
    entry = built_entry(built)
    leaves = Leaves(lines_of([built.jsonl.path.read_bytes()]))
    assert entry == leaves.entry(NAME, entry.objects)
    assert (entry.lines, entry.measurements) == (12, 11)
    assert [found.sha256 for found in entry.objects] == [built.jsonl.sha256, built.postcan.sha256]


@pytest.mark.parametrize("at", [0.0, 0.3, 0.6, 0.99])
def test_a_flipped_byte_in_the_file_makes_no_entry(built: BuiltCan, at: float) -> None:
    data = bytearray(built.jsonl.path.read_bytes())
    data[int(at * len(data))] ^= 0x10
    built.jsonl.path.write_bytes(data)
    with pytest.raises(BadArchive):
        built_entry(built)


def test_a_place_that_leads_elsewhere_makes_no_entry(built: BuiltCan) -> None:
    moved = dataclasses.replace(built.lines[-1], place=built.lines[0].place)
    for lines in (built.lines[1:], built.lines[:3] + built.lines[4:], [*built.lines[:-1], moved]):
        with pytest.raises(BadArchive):
            built_entry(dataclasses.replace(built, lines=lines))
