"""Lists as files, the log of edits, and addresses of repositories (management contract 4.3, 4.5)."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.testlists.changes import Edit, Fit, fit, fit_later, read, shown
from oonib.testlists.entries import DESCRIPTIONS, Entry
from oonib.testlists.files import HEADER, BadList, ListFile, RowMissing
from oonib.testlists.remotes import Remote

from support.shared_data import require_shared_data

HEAD = ",".join(HEADER) + "\n"
A, B, C = (Entry(f"https://{name}.example/", "NEWS", "2026-03-01", "", "") for name in "abc")
texts = st.text(st.characters(codec="utf-8"), max_size=12) | st.text(',"\n\r =-', max_size=6)
entries = st.builds(
    Entry,
    texts.map(lambda t: "https://x.example/" + t),
    st.sampled_from(sorted(DESCRIPTIONS)),
    texts,
    texts,
    texts,
)


def parsed(*rows: Entry) -> ListFile:
    found = ListFile.parse(HEAD.encode())
    for row in rows:
        found = ListFile.parse(found.changed(None, row))
    return found


@given(st.lists(entries, max_size=5))
def test_what_is_written_is_read(rows: list[Entry]) -> None:
    found = parsed(*rows)
    assert found.entries() == rows
    plain = list(csv.reader(io.StringIO(found.changed(None, A).decode(), newline="")))
    assert [row[0] for row in plain[1:]] == [*(row.url for row in rows), A.url]


@given(st.lists(entries, min_size=1, max_size=5), st.data())
def test_an_edit_touches_one_row(rows: list[Entry], data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(rows) - 1))
    place = rows.index(rows[place])
    found = parsed(*rows)
    edited = ListFile.parse(found.changed(rows[place], A)).entries()
    assert edited == [*rows[:place], A, *rows[place + 1 :]]
    deleted = ListFile.parse(found.changed(rows[place], None)).entries()
    assert deleted == [*rows[:place], *rows[place + 1 :]]


@given(st.binary(max_size=200))
def test_any_bytes_are_a_list_or_none(tail: bytes) -> None:
    try:
        content = ListFile.parse(HEAD.encode() + tail).changed(None, A)
    except BadList:
        return
    assert content.startswith(HEAD.encode() + tail)
    assert A in ListFile.parse(content)


def test_odd_files_stay_as_they_are() -> None:
    odd = (
        HEAD.encode()
        + b'https://a.example/,NEWS,"News Media",2026-03-01,,\r\n\nshort\nhttps://\xff/,x,,,,,,\n'
    )
    found = ListFile.parse(odd)
    assert [one.url for one in found.entries()] == ["https://a.example/", "short", "https://\ufffd/"]
    assert found.changed(None, B) == odd + b"https://b.example/,NEWS,News Media,2026-03-01,,\n"
    assert found.changed(A, None) == odd.replace(odd.splitlines(keepends=True)[1], b"")
    with pytest.raises(RowMissing):
        found.changed(B, None)


@pytest.mark.parametrize("content", [b"", b"\n", b"url,category_code\n", b"<html>", b"\x00" * 10])
def test_no_lists(content: bytes) -> None:
    with pytest.raises(BadList):
        ListFile.parse(content)


def test_the_rows_of_the_real_lists_can_be_edited() -> None:
    checked = 0
    for path in sorted((require_shared_data() / "citizenlab" / "lists").glob("*.csv")):
        if path.name.startswith("00"):
            continue
        content = path.read_bytes()
        found = ListFile.parse(content)
        assert found.changed(None, A).startswith(content), path.name
        rows = found.entries()
        for row in rows[:1]:
            assert len(ListFile.parse(found.changed(row, None)).entries()) == len(rows) - 1
            checked += 1
    assert checked > 100


EDITS = {
    "added": ([Edit("it", None, A, "")], {"it": [(A, "add")]}),
    "deleted": ([Edit("it", A, None, "")], {"it": [(A, "delete")]}),
    "edited": ([Edit("it", A, B, "")], {"it": [(B, "add")]}),
    "added, edited": ([Edit("it", None, A, ""), Edit("it", A, B, "")], {"it": [(B, "add")]}),
    "added, deleted": ([Edit("it", None, A, ""), Edit("it", A, None, "")], {}),
    "added, edited, deleted": (
        [Edit("it", None, A, ""), Edit("it", A, B, ""), Edit("it", B, None, "")], {},
    ),
    "edited, deleted": ([Edit("it", A, B, ""), Edit("it", B, None, "")], {"it": [(B, "delete")]}),
    "deleted, added": ([Edit("it", A, None, ""), Edit("it", None, A, "")], {"it": [(A, "add")]}),
    "of two lists": (
        [Edit("it", None, A, ""), Edit("br", None, A, ""), Edit("br", A, None, "")], {"it": [(A, "add")]},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_what_edits_come_to(name: str) -> None:
    edits, expected = EDITS[name]
    found = shown(edits)
    assert {cc: [(one["url"], one["action"]) for one in lines] for cc, lines in found.items()} == {
        cc: [(entry.url, action) for entry, action in lines] for cc, lines in expected.items()
    }


@pytest.mark.parametrize(
    ("edit", "now", "later"),
    [
        (Edit("it", None, C, ""), Fit.APPLIES, Fit.APPLIES),
        (Edit("it", None, A, ""), Fit.DUPLICATE, Fit.THERE),
        (Edit("it", None, Entry(A.url, "MISC", "2026-03-01", "", ""), ""), Fit.DUPLICATE, Fit.DUPLICATE),
        (Edit("it", None, B, ""), Fit.DUPLICATE, Fit.DUPLICATE),
        (Edit("global", None, A, ""), Fit.APPLIES, Fit.APPLIES),
        (Edit("it", C, None, ""), Fit.MISSING, Fit.THERE),
        (Edit("it", C, A, ""), Fit.DUPLICATE, Fit.THERE),
        (Edit("it", A, C, ""), Fit.APPLIES, Fit.APPLIES),
        (Edit("zw", None, A, ""), Fit.NO_LIST, Fit.NO_LIST),
    ],
)
def test_what_fits(edit: Edit, now: Fit, later: Fit) -> None:
    lists = {"it": parsed(A), "global": parsed(B)}
    assert fit(edit, lists.get) is now
    assert fit_later(edit, lists.get) is later
    assert read(edit.kept()) == edit


@pytest.mark.parametrize(
    ("text", "slug", "site"),
    [
        ("citizenlab/test-lists", "citizenlab/test-lists", "https://github.com"),
        ("https://git.example/a/b.git", "a/b", "https://git.example"),
        ("ssh://git@git.example:22/a/b", "a/b", "https://github.com"),
        ("file:///srv/git/a/b.git", "a/b", "https://github.com"),
    ],
)
def test_repositories(text: str, slug: str, site: str) -> None:
    found = Remote.parse(text)
    assert (found.slug, found.site) == (slug, site)


@pytest.mark.parametrize(
    "text",
    [
        "", "x", "-x/y", "../..", "ext::sh -c touch% /tmp/x", "http://example.org/a/b.git",
        "git@github.com:a/b",
        "https://u:p@example.org/a/b", "https://u@example.org/a/b", "file:///a/../b/c", "--upload-pack=x/y",
        "https://example.org/a/b.git\n", "https://example.org/a/b?x", "ftp://example.org/a/b", "/srv/a/b",
    ],
)  # fmt: skip
def test_no_repositories(text: str) -> None:
    with pytest.raises(ValueError, match=r"owner/name|github_user"):
        Remote.parse(text)
