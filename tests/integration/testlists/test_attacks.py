"""What is sent to have more done than an edit (reliability S15, S9): rejected or merged, never executed."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from oonib.testlists import workplace
from oonib.testlists.git import Git, GitFailed
from oonib.testlists.locks import held
from oonib.testlists.workplace import Workplace
from oonib.testlists.worktree import safe_name

from support.editing import OTHER, VOLUNTEER, bearer
from support.gitworld import HEADER, LIST, LISTS, UPDATE, Editor, entry, git
from support.records import migrated

ODD = [
    "..", "../..", "%2e%2e", "..%2f..%2fetc", "%2e%2e%5c", "it%00", "it%0a", "-x", "--upload-pack=x", "i/",
    "x" * 4000, "%D9%A1%D9%A2", "con", "IT.csv", "\u212at",
]  # fmt: skip


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[Editor]:
    with migrated(f"sqlite:///{tmp_path / 'records.db'}") as records:
        made = Editor(records, tmp_path)
        yield made
        made.close()


def everything(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if ".git" not in path.parts}


def test_countries_that_are_none(editor: Editor, tmp_path: Path) -> None:
    assert editor.shown()["state"] == "CLEAN"
    before = everything(tmp_path / "testlists" / "..")
    for odd in ODD:
        answer = editor.get(LIST + odd, bearer())
        assert answer.status_code in (307, 400, 404), odd
        body = {"country_code": odd, "comment": "", "new_entry": entry()}
        answer = editor.post(UPDATE, body, bearer())
        assert answer.status_code in (400, 422), odd
    assert everything(tmp_path / "testlists" / "..") == before


def test_line_breaks_stay_out_of_lists(editor: Editor) -> None:
    for broken in ("a\nhttps://evil.example/,NEWS,,2020-01-01,,", "a\rb", "a\tb", "\x1b[2J", "\x7f"):
        for field in ("source", "notes"):
            status, body = editor.update("it", None, entry(**{field: broken}))
            assert (status, body["err_str"]) == (400, "err_request_params")
        assert editor.update("it", None, entry("https://a.example/" + broken))[1]["err_str"] == "err_bad_url"
    assert editor.state() == "CLEAN"


def test_a_row_of_several_lines_can_be_edited(editor: Editor) -> None:
    row = 'https://four.example/,NEWS,News Media,2020-01-01,,"two\n""lines"", one, row"\n'
    tail = "https://five.example/,NEWS,News Media,2020-01-01,,=cmd|' /C calc'!A0\n"
    editor.upstream.change({"it": LISTS["it"] + row + tail})
    four = editor.row("it", "https://four.example/")
    assert editor.update("it", four, four | {"category_code": "HUMR"})[0] == 200
    assert editor.submit()[0] == 200
    assert (
        editor.pushed("it") == LISTS["it"] + row.replace("NEWS,News Media", "HUMR,Human Rights Issues") + tail
    )


def test_texts_that_look_like_arguments(editor: Editor, tmp_path: Path) -> None:
    marker = tmp_path / "executed"
    texts = [f"--upload-pack=touch {marker}", f"-oProxyCommand=touch {marker}", f"$(touch {marker})"]
    texts += [f"`touch {marker}`", f"'; touch {marker} #", "--exec=sh", "-c core.editor=sh", "\u202e"]
    for number, evil in enumerate(texts):
        new = entry(f"https://site{number}.example/{evil.split()[0]}", source=evil, notes=evil)
        assert editor.update("it", None, new, comment=evil)[0] == 200
    assert editor.submit()[0] == 200
    assert editor.pushed("it").count("https://site") == 8
    assert not marker.exists()


def test_accounts_with_odd_names(editor: Editor, tmp_path: Path) -> None:
    before = {path.name for path in tmp_path.iterdir()} | {"testlists"}
    odd = ["--upload-pack=x", "../../../x", "a b", "x" * 300, ".lock", "HEAD~1"]
    for account in odd[:2]:
        assert editor.update("it", None, entry(), account)[0] == 200
        assert editor.submit(account)[0] == 200
    branches = git(editor.fork, "branch", "--format=%(refname)").split()
    assert len(branches) == 2
    names = [one.removeprefix("refs/heads/user-contribution/") for one in branches]
    names += map(safe_name, odd)
    assert all(one.isalnum() and one.isascii() and len(one) < 65 for one in names)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_hooks_are_not_run(editor: Editor, tmp_path: Path) -> None:
    assert editor.update("it", None, entry())[0] == 200
    hooks = editor.clone.folder / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in (
        "pre-commit",
        "post-commit",
        "pre-push",
        "post-checkout",
        "reference-transaction",
        "commit-msg",
    ):
        (hooks / name).write_text(f"#!/bin/sh\ntouch {tmp_path}/executed\n")
        (hooks / name).chmod(0o755)
    editor.upstream.change({"br": HEADER})
    assert editor.update("it", None, entry("https://second.example/"))[0] == 200
    assert editor.submit()[0] == 200
    assert not (tmp_path / "executed").exists()


def test_a_list_that_is_a_link(editor: Editor, tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text(LISTS["it"])
    editor.upstream.link("it", secret)
    assert editor.shown()["test_list"] is None
    assert editor.update("br", None, entry())[0] == 200
    assert editor.shown()["test_list"] is None
    assert editor.update("it", None, entry())[1]["err_str"] == "err_country_not_supported"
    assert secret.read_text() == LISTS["it"]


def test_lists_that_are_none(editor: Editor) -> None:
    for text in ("", "url\n", "\x00\xff", HEADER + '"never ends', HEADER + "x" * 9_000_000):
        editor.upstream.change({"it": text})
        assert (editor.shown()["test_list"] or [{"url": "never ends"}])[0]["url"] == "never ends"
        assert editor.update("it", None, entry())[1]["err_str"] == "err_country_not_supported"
    assert editor.update("br", None, entry())[0] == 200


def test_upstream_is_put_back(editor: Editor) -> None:
    one = editor.row("it", "https://one.example/")
    assert editor.update("it", None, entry())[0] == 200
    assert editor.update("it", one, None)[0] == 200
    editor.upstream.change(
        {"it": HEADER + "https://fresh.example/,NEWS,News Media,2020-01-01,,\n"}, force=True
    )
    assert editor.submit()[0] == 200
    assert editor.pushed("it").splitlines()[1:] == [
        "https://fresh.example/,NEWS,News Media,2020-01-01,,",
        "https://new.example/,NEWS,News Media,2026-03-01,a volunteer,",
    ]
    assert list(editor.shown()["changes"]) == ["it"]


def test_the_same_edit_from_several_windows(editor: Editor) -> None:
    one = editor.row("it", "https://one.example/")
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda n: editor.update("it", one, one | {"notes": f"{n}"}), range(4)))
    assert sorted(status for status, _ in done) == [200, 400, 400, 400]
    assert {body.get("err_str") for status, body in done if status == 400} == {"err_cannot_update_list"}
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda _: editor.update("it", None, entry()), range(4)))
    assert sorted(status for status, _ in done) == [200, 400, 400, 400]


def test_several_people_at_once(editor: Editor) -> None:
    accounts = [f"{number:032}" for number in range(4)]

    def edit(account: str) -> int:
        done = [editor.update("it", None, entry(f"https://{n}.example/"), account)[0] for n in "ab"]
        return max(*done, editor.submit(account)[0])

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(edit, accounts)) == [200] * 4
    assert {one["head"] for one in editor.pulls.pulls} == {
        f"ooni-bot:user-contribution/{one}" for one in accounts
    }
    for account in accounts:
        assert editor.pushed("it", account).splitlines()[-2:] == [
            f"https://{n}.example/,NEWS,News Media,2026-03-01,a volunteer," for n in "ab"
        ]


def test_somebody_else_holds_the_lock(editor: Editor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workplace, "_PATIENCE", 0.1)
    with held(editor.folder / "locks" / f"account-{VOLUNTEER}", 1):
        answer = editor.get(LIST + "it", bearer())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
        assert editor.get(LIST + "it", bearer(OTHER)).status_code == 200
    assert editor.state() == "CLEAN"


def test_few_worktrees_stay_on_disk(editor: Editor) -> None:
    editor.service._workplace = Workplace(editor.folder, editor.clone, most=2)
    accounts = [f"{number:032}" for number in range(5)]
    for account in accounts:
        assert editor.update("it", None, entry(), account)[0] == 200
    assert len(list((editor.folder / "users").iterdir())) <= 3
    for account in accounts:
        assert editor.urls(account=account)[-1] == "https://new.example/"


def test_what_is_no_change(editor: Editor) -> None:
    changes: list[dict[str, Any]] = [
        {"new_entry": "x"},
        {"new_entry": [entry()]},
        {"new_entry": {"url": "https://a.example/"}},
        {"new_entry": entry(notes="x\0")},
        {"new_entry": entry(notes="\ud800")},
        {"new_entry": entry(notes="x" * 4001)},
        {"new_entry": {**entry(), "source": 7}},
        {"old_entry": {**entry(), "source": None}},
        {"comment": None},
        {"comment": "x\0"},
        {"comment": "x" * 4001},
        {"country_code": 39},
        {"country_code": "i\0"},
    ]
    for change in changes:
        body = {"country_code": "it", "comment": "", "new_entry": entry(), **change}
        answer = editor.post(UPDATE, body, bearer())
        assert answer.status_code == 422, answer.text


def test_a_git_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slow = tmp_path / "git"
    slow.write_text("#!/bin/sh\nsleep 30 & sleep 30\n")
    slow.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    started = time.monotonic()
    with pytest.raises(GitFailed, match="took longer"):
        Git(tmp_path, "").run(tmp_path, "fetch", seconds=0.3)
    assert time.monotonic() - started < 5
    slow.unlink()
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(GitFailed, match="cannot be started"):
        Git(tmp_path, "").run(tmp_path, "version")


def test_a_lock_ends_with_its_holder(tmp_path: Path) -> None:
    order = []

    def other() -> None:
        with held(tmp_path / "lock", 5):
            order.append("other")

    with held(tmp_path / "lock", 5):
        thread = threading.Thread(target=other)
        thread.start()
        time.sleep(0.1)
        order.append("first")
    thread.join(5)
    assert order == ["first", "other"]
