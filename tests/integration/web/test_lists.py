"""Pages of the test lists over real git, a fork and pull requests; and without any of it."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.accounts.identity import account_id
from oonib.records import Records

from support.gitworld import HEADER, Editor
from support.memberpages import HOSTILE, OTHER, USER, World, forms, problems
from support.pages import KEY
from support.records import migrated

ME = account_id(USER, KEY)
NEW = {
    "url": "https://new.example",
    "category_code": "NEWS",
    "source": "me",
    "notes": 'a, "b"',
    "comment": "why",
}


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with migrated(f"sqlite:///{tmp_path / 'records.db'}") as opened:
        yield opened


@pytest.fixture
def editor(records: Records, tmp_path: Path) -> Iterator[Editor]:
    made = Editor(records, tmp_path)
    yield made
    made.close()


@pytest.fixture
def world(records: Records, editor: Editor) -> World:
    return World(records, test_lists=editor.service)


def test_a_list_is_read(world: World) -> None:
    mine = world.browser()
    assert mine.get("/lists?go=IT").headers["location"] == "/lists/it"
    told = mine.json("/lists/it")
    assert [one["url"] for one in told["entries"]] == [
        f"https://{n}.example/" for n in ("one", "two", "three")
    ]
    assert (told["state"], told["edits"]) == ("CLEAN", [])
    assert [one["url"] for one in mine.json("/lists/it?q=SAID")["entries"]] == ["https://two.example/"]
    assert [one["url"] for one in mine.json("/lists/IT?category=misc")["entries"]] == [
        "https://three.example/"
    ]
    page = mine.get("/lists/it")
    assert "The test list of Italy" in page.text
    assert 'href="/lists/it/entry?url=https%3A%2F%2Fone.example%2F"' in page.text
    for wrong in ("fr", "x", "italy", "..", "%2e%2e"):
        assert mine.get(f"/lists/{wrong}").status_code in (303, 404), wrong
    assert mine.get("/lists/it/entry?url=https://nothing.example/").status_code == 404


def test_the_way_of_a_proposal(world: World, editor: Editor) -> None:
    mine = world.browser()
    added = mine.fill("/lists/it/entry", **NEW, action="save")
    assert added.status_code == 303, problems(added)
    page = mine.follow(added)
    assert "Your change is noted" in page.text
    assert "https://new.example/ · NEWS" in page.text
    one = "/lists/it/entry?url=https%3A%2F%2Fone.example%2F"
    changed = mine.fill(one, notes="of late", action="save", comment="it changed")
    assert changed.status_code == 303, problems(changed)
    gone = mine.fill("/lists/br/entry?url=https%3A%2F%2Fbr.example%2F", action="delete")
    assert gone.status_code == 303, problems(gone)
    told = mine.json("/lists")
    assert (told["state"], len(told["edits"]), told["pr_url"]) == ("IN_PROGRESS", 3, None)
    assert mine.json("/account")["test_lists"] == {"state": "IN_PROGRESS", "changes": 3, "pr_url": None}
    # Nobody else sees any of it.
    assert world.browser(OTHER).json("/lists/it")["edits"] == []
    back = mine.fill("/lists", number=2)
    assert "taken back" in mine.follow(back).text
    submitted = mine.fill("/lists", number=len(forms(mine.get("/lists"), "/lists")) - 1)
    page = mine.follow(submitted)
    assert "Your changes are submitted" in page.text
    assert 'href="https://github.com/citizenlab/test-lists/pull/1"' in page.text
    pushed = editor.pushed("it", ME)
    assert '"a, ""b"""' in pushed
    assert "of late" in pushed
    assert "br.example" in editor.pushed("br", ME)
    editor.pulls.resolve(1)
    assert mine.json("/lists/it")["state"] == "CLEAN"


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"url": "nothing"}, "Invalid URL"),
        ({"url": ""}, "This is needed"),
        ({"url": "https://one.example/"}, "https://one.example/ is duplicate"),
        ({"url": "https://global.example/"}, "is duplicate"),
        ({"category_code": "X"}, "Invalid category code"),
        ({"date_added": "today"}, "Invalid date"),
        ({"notes": "a\nb"}, "notes has a line break"),
        ({"notes": "a\0b"}, "a text with a NUL character"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(world: World, fields: dict[str, str], says: str) -> None:
    answer = world.browser().fill("/lists/it/entry", **{**NEW, **fields, "action": "save"})
    assert answer.status_code in (400, 422)
    assert says in " ".join(problems(answer).split())
    assert forms(answer, "/lists/it/entry")[0]["comment"] == "why"
    assert world.browser().json("/lists")["edits"] == []


def test_a_row_that_upstream_changed_meanwhile(world: World, editor: Editor) -> None:
    mine, path = world.browser(), "/lists/it/entry?url=https%3A%2F%2Fone.example%2F"
    form = forms(mine.get(path), "/lists/it/entry")[0]
    editor.upstream.change({"it": HEADER + "https://one.example/,FILE,File-sharing,2020-01-01,OONI,\n"})
    answer = mine.post("/lists/it/entry", {**form, "notes": "My long text", "action": "save"})
    assert answer.status_code == 400
    assert "The URL list has changed in the meantime" in problems(answer)
    assert forms(answer, "/lists/it/entry")[0]["notes"] == "My long text"


def test_lists_are_for_members(world: World) -> None:
    nobody = world.nobody()
    assert "Log in to read and edit them" in nobody.get("/lists").text
    assert nobody.get("/lists/it").status_code == 401
    answer = nobody.post("/lists/it/entry", {**NEW, "notes": "My long text", "action": "save"})
    assert answer.status_code == 401
    assert "My long text" in answer.text
    assert nobody.post("/lists", {"action": "submit"}).status_code == 401


def test_hostile_text_is_text(world: World, editor: Editor) -> None:
    quoted = HOSTILE.replace('"', '""')
    row = f'https://x.example/,"{quoted}","x",2020-01-01,"{quoted}","{quoted}"\n'
    editor.upstream.change({"it": HEADER + row})
    mine = world.browser()
    assert mine.fill("/lists/br/entry", **{**NEW, "comment": HOSTILE}, action="save").status_code == 303
    for page in (
        mine.get("/lists/it"),
        mine.get("/lists/it/entry?url=https%3A%2F%2Fx.example%2F"),
        mine.get("/lists"),
        mine.get("/lists/br"),
    ):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_without_an_upstream_it_says_so(records: Records) -> None:
    world = World(records)
    for browser in (world.nobody(), world.browser()):
        page = browser.get("/lists")
        assert page.status_code == 200
        assert "test_lists_origin is not set" in page.text
    assert world.browser().get("/lists/it").status_code == 503


def test_without_a_fork_nothing_is_submitted(records: Records, tmp_path: Path) -> None:
    editor = Editor(records, tmp_path, outlet=False)
    mine = World(records, test_lists=editor.service).browser()
    assert mine.fill("/lists/it/entry", **NEW, action="save").status_code == 303
    answer = mine.fill("/lists", number=1)
    assert answer.status_code == 503
    assert "Nothing can be submitted here: test_lists_push not set" in problems(answer)
    editor.close()
