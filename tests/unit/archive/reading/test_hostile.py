"""Damage and bombs: what is whole is read, the rest is named, memory stays bounded."""

import io
import tarfile
import tracemalloc

import pytest

from oonib.archive.gunzip import LONGEST_LINE
from oonib.archive.reading import Found, Problem, read

from support.cans import gz, header, lz, post, report, tar

LINES = b"".join(b'{"n":%d}\n' % n for n in range(50_000))
MEGABYTE = bytes(1024 * 1024)
UID = "20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68"
GOOD = (f"{UID}.post", post(b'{"n":1}'))


def items_of(data: bytes, name: str) -> list[Found | Problem]:
    return list(read(io.BytesIO(data), name))


def reasons(items: list[Found | Problem]) -> list[str]:
    return [item.reason for item in items if isinstance(item, Problem)]


def bodies(items: list[Found | Problem]) -> list[bytes]:
    return [item.body for item in items if isinstance(item, Found)]


@pytest.mark.parametrize(("pack", "kind"), [(gz, "gzip"), (lz, "lz4")])
def test_a_file_cut_off_gives_what_came_before(pack, kind: str) -> None:
    whole = pack(LINES)
    items = items_of(whole[: len(whole) // 2], "x.jsonl.gz")
    assert reasons(items) == [f"truncated_{kind}"]
    assert items[-1].place == "x.jsonl.gz"
    assert bodies(items) == LINES.splitlines()[: len(items) - 1]
    assert len(items) > 10_000


@pytest.mark.parametrize(("pack", "kind"), [(gz, "gzip"), (lz, "lz4")])
def test_damage_within_is_named(pack, kind: str) -> None:
    whole = bytearray(pack(LINES))
    whole[len(whole) // 2] ^= 0xFF
    got = reasons(items_of(bytes(whole), "x.jsonl.gz"))
    assert got[-1] in (f"bad_{kind}", f"truncated_{kind}")


def test_rubbish_after_the_last_member() -> None:
    items = items_of(gz(b'{"n":1}\n') + b"\nrubbish that is longer than a header", "x.jsonl.gz")
    assert bodies(items) == [b'{"n":1}']
    assert reasons(items) == ["bad_gzip"]


@pytest.mark.parametrize("cut", [700, 1024 + 100, 2048 + 10])
def test_a_tar_cut_off(cut: int) -> None:
    second = (f"{UID}.post", post(b'{"x":"' + b"y" * 600 + b'"}'))
    items = items_of(tar([GOOD, second])[:cut], "x.tar")
    assert reasons(items) == ["truncated_tar"]
    assert len(bodies(items)) == (0 if cut == 700 and len(GOOD[1]) > 188 else 1)


def test_a_tar_without_its_end() -> None:
    items = items_of(header(*[GOOD[0], len(GOOD[1])]) + GOOD[1].ljust(512, b"\0"), "x.tar")
    assert (bodies(items), reasons(items)) == ([GOOD[1]], ["truncated_tar"])


def test_a_header_that_is_none() -> None:
    first = tar([GOOD])[:1024]
    assert reasons(items_of(first + b"x" * 512 + tar([GOOD]), "x.tar")) == ["bad_tar"]
    assert bodies(items_of(first + b"x" * 512, "x.tar")) == [GOOD[1]]


def test_a_member_of_negative_size() -> None:
    info = bytearray(header())
    info[124:136] = b"\xff" * 12
    info[148:156] = b" " * 8
    info[148:156] = b"%06o\0 " % sum(info)
    assert reasons(items_of(bytes(info), "x.tar")) == ["bad_tar"]


@pytest.mark.parametrize(
    "kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"]
)
def test_links_and_devices_are_not_followed(kind: bytes) -> None:
    items = items_of(header("x.post", 0, kind) + tar([GOOD]), "x.tar")
    assert (reasons(items), bodies(items)) == (["unsupported_member"], [GOOD[1]])


def test_folders_are_no_problem() -> None:
    assert reasons(items_of(header("a/", 0, tarfile.DIRTYPE) + tar([GOOD]), "x.tar")) == []


def test_sparse_members_are_passed_over() -> None:
    first = bytearray(header("x.post", 512, tarfile.GNUTYPE_SPARSE))
    first[482] = 1
    first[148:156] = b" " * 8
    first[148:156] = b"%06o\0 " % sum(first)
    more = bytearray(512)
    more[504] = 1
    data = bytes(first) + bytes(more) + bytes(512) + b"x" * 512 + tar([GOOD])
    items = items_of(data, "x.tar")
    assert (reasons(items), bodies(items)) == (["unsupported_member"], [GOOD[1]])


def test_extended_headers() -> None:
    records = b"21 path=dir/new.post\n" + b"22 GNU.sparse.major=1\n"
    pax = header("pax", len(records), tarfile.XHDTYPE) + records.ljust(512, b"\0")
    items = items_of(pax + tar([GOOD]), "x.tar")
    assert [(item.reason, item.place) for item in items] == [("unsupported_member", "x.tar:dir/new.post")]
    broken = b"999999 path=a\n"
    pax = header("pax", len(broken), tarfile.XHDTYPE) + broken.ljust(512, b"\0")
    assert bodies(items_of(pax + tar([GOOD]), "x.tar")) == [GOOD[1]]


def peak_of(data: bytes, name: str) -> tuple[int, list[str], int]:
    """Bytes held at most while a file is read, the reasons, how many were found."""
    stream = io.BytesIO(data)
    seen: list[str] = []
    found = 0
    tracemalloc.start()
    try:
        for item in read(stream, name):
            if isinstance(item, Problem):
                seen[item.reason not in seen :] = [item.reason] if item.reason not in seen else seen
            else:
                found += 1
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return peak, seen, found


def big(size: int) -> list[bytes]:
    return [MEGABYTE] * (size // len(MEGABYTE))


HUGE = 200 * len(MEGABYTE)
BOMBS = {
    "a member": ("x.tar.gz", gz(header("x.post", HUGE), *big(HUGE), tar([GOOD])), "member_too_large", 1),
    "an extended header": (
        "x.tar.gz",
        gz(header("x", HUGE, tarfile.XHDTYPE), *big(HUGE), tar([GOOD])),
        None,
        1,
    ),
    "a long name": (
        "x.tar.gz",
        gz(header("x", HUGE, tarfile.GNUTYPE_LONGNAME), *big(HUGE), tar([GOOD])),
        None,
        1,
    ),
    "a skipped member": (
        "x.tar.lz4",
        gz(header("x", HUGE), *big(HUGE), bytes(1024)),
        "unsupported_member",
        0,
    ),
    "many members": ("x.tar.gz", gz(*[header("x.txt") * 1000] * 10, tar([GOOD])), "unsupported_member", 1),
    "a body": ("x.json", gz(*big(HUGE)), "member_too_large", 0),
}


@pytest.mark.parametrize("case", BOMBS)
def test_bombs_are_passed_over_in_little_memory(case: str) -> None:
    name, data, reason, found = BOMBS[case]
    peak, seen, count = peak_of(data, name)
    assert seen == ([reason] if reason else [])
    assert count == found
    assert peak < LONGEST_LINE + 8 * len(MEGABYTE)
    if case != "a body":
        assert peak < 8 * len(MEGABYTE)


@pytest.mark.parametrize("name", ["x.jsonl.gz", "x.json.lz4"])
def test_an_endless_line_costs_no_more_than_the_longest(name: str) -> None:
    data = gz(b'{"n":1}\n', *big(HUGE), b'\n{"n":2}\n')
    peak, seen, count = peak_of(data, name)
    assert (seen, count) == (["line_too_long"], 2)
    assert peak < LONGEST_LINE + 8 * len(MEGABYTE)


def test_an_endless_frame_costs_no_more_than_the_largest() -> None:
    start = report(b"a: 1")
    data = gz(start, b"---\na: ", *[b"x" * len(MEGABYTE)] * 200, b"\n...\n---\na: 2\n...\n")
    peak, seen, count = peak_of(data, "x.yaml")
    assert (seen, count) == (["yaml_frame_too_large"], 2)
    assert peak < 100 * len(MEGABYTE)
