"""The state machine of test-list editing through real git (management contract 4)."""

import shutil
from typing import Any

import pytest
from sqlalchemy import text

from oonib.records import Records

from support.editing import OTHER, VOLUNTEER, bearer
from support.gitworld import LIST, LISTS, SUBMIT, TOKEN, UPDATE, Editor, entry, git

ON_ONE_ENGINE = pytest.mark.parametrize("records_template", ["sqlite"], indirect=True)
"""For what is about git and GitHub, whatever the records are in."""


def error(answer: tuple[int, Any]) -> tuple[int, str]:
    status, body = answer
    assert body["error"] == body["detail"] == body["description"]
    assert "err_args" in body
    return status, body["err_str"]


def test_a_list_as_it_is(editor: Editor) -> None:
    shown = editor.shown("IT")
    assert shown == {
        "test_list": [
            entry("https://one.example/", date_added="2020-01-01", source="OONI"),
            entry(
                "https://two.example/",
                category_code="FILE",
                date_added="2020-01-02",
                source="a, b",
                notes='said "so"',
            ),
            entry(
                "https://three.example/",
                category_code="MISC",
                date_added="2020-01-03",
                source="",
                notes="last",
            ),
        ],
        "changes": {},
        "state": "CLEAN",
        "pr_url": None,
    }
    assert editor.shown("ZW")["test_list"] is None
    assert editor.shown("global")["test_list"][0]["url"] == "https://global.example/"
    assert editor.get(LIST + "it", bearer()).headers["cache-control"] == "no-cache"


def test_add_edit_delete(editor: Editor) -> None:
    assert editor.update("IT", None, entry()) == (
        200,
        {"updated_entry": entry() | {"category_description": "News Media"}},
    )
    two, three = editor.row("it", "https://two.example/"), editor.row("it", "https://three.example/")
    assert editor.update("it", two, two | {"category_code": "MISC", "notes": "x"})[0] == 200
    assert editor.update("it", three, {}) == (200, {"updated_entry": None})
    shown = editor.shown()
    assert shown["state"] == "IN_PROGRESS"
    assert [(one["url"], one["action"]) for one in shown["changes"]["it"]] == [
        ("https://new.example/", "add"),
        ("https://two.example/", "add"),
        ("https://three.example/", "delete"),
    ]
    assert shown["changes"]["it"][1]["category_description"] == "Miscellaneous content"
    assert editor.submit()[0] == 200
    first, one = LISTS["it"].splitlines(keepends=True)[:2]
    assert editor.pushed("it") == (
        first
        + one
        + 'https://two.example/,MISC,Miscellaneous content,2020-01-02,"a, b",x\n'
        + "https://new.example/,NEWS,News Media,2026-03-01,a volunteer,\n"
    )


@ON_ONE_ENGINE
def test_a_file_without_a_last_line_break(editor: Editor) -> None:
    assert editor.update("br", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    assert (
        editor.pushed("br")
        == LISTS["br"] + "\nhttps://new.example/,NEWS,News Media,2026-03-01,a volunteer,\n"
    )


REFUSED: list[tuple[Any, Any, str, str]] = [
    (None, entry("https://example.org"), "it", "err_bad_url"),
    (None, entry(category_code="NOPE"), "it", "err_bad_category_code"),
    (None, entry(date_added="2026-2-1"), "it", "err_bad_date"),
    (entry("nonsense"), None, "it", "err_bad_url"),
    (entry("nonsense"), entry(category_code="NOPE"), "x", "err_bad_category_code"),
    (None, entry(), "ita", "err_invalid_country_code"),
    (None, None, "ita", "err_invalid_country_code"),
    (None, None, "it", "err_no_proposed_changes"),
    (entry(), entry(), "it", "err_no_proposed_changes"),
    (None, entry(), "zw", "err_country_not_supported"),
    (None, entry("https://one.example/"), "it", "err_duplicate_url"),
    (None, entry("https://global.example/"), "it", "err_duplicate_url"),
    (entry("https://absent.example/"), entry("https://one.example/"), "it", "err_duplicate_url"),
    (entry("https://absent.example/"), None, "it", "err_cannot_update_list"),
    (entry("https://one.example/"), entry("https://one.example/", notes="x"), "it", "err_cannot_update_list"),
]


def test_what_is_refused(editor: Editor) -> None:
    for old, new, cc, expected in REFUSED:
        assert error(editor.update(cc, old, new)) == (400, expected), (old, new, cc)
    assert editor.state() == "CLEAN"


@ON_ONE_ENGINE
def test_the_texts_that_the_page_looks_for(editor: Editor) -> None:
    assert editor.update("it", None, entry("x"))[1]["error"] == "Invalid URL"
    _, body = editor.update("it", None, entry("https://one.example/"))
    assert body["error"] == "https://one.example/ is duplicate"
    assert body["err_args"] == {"url": "https://one.example/"}


@ON_ONE_ENGINE
def test_the_global_list_may_have_what_a_country_has(editor: Editor) -> None:
    assert editor.update("global", None, entry("https://one.example/"))[0] == 200
    assert editor.urls("global")[-1] == "https://one.example/"


def test_who_may(editor: Editor) -> None:
    for method, path, body in (
        ("GET", LIST + "it", None),
        ("POST", UPDATE, "broken"),
        ("POST", SUBMIT, None),
    ):
        answer = editor.send(method, path, json=body)
        assert (answer.status_code, answer.json()["error"]) == (401, "Authentication required")


def test_accounts_do_not_see_each_other(editor: Editor) -> None:
    body = {"country_code": "it", "comment": "", "new_entry": entry(), "account_id": OTHER}
    assert editor.post(UPDATE, body, bearer()).status_code == 200
    assert editor.shown(account=OTHER)["changes"] == {}
    assert "https://new.example/" not in editor.urls(account=OTHER)
    assert editor.state(OTHER) == "CLEAN"
    assert editor.update("it", None, entry(), OTHER)[0] == 200


def test_submit_and_what_follows(editor: Editor) -> None:
    assert error(editor.submit()) == (400, "err_no_proposed_changes")
    assert editor.update("it", None, entry())[0] == 200
    pr_id = f"{editor.pulls.url}/repos/citizenlab/test-lists/pulls/1"
    assert editor.submit() == (200, {"pr_id": pr_id})
    assert editor.submit() == (200, {"pr_id": pr_id})
    shown = editor.shown()
    assert (shown["state"], shown["pr_url"]) == (
        "PR_OPEN",
        "https://github.com/citizenlab/test-lists/pull/1",
    )
    assert editor.pulls.pulls[0] | {"url": ""} == {
        "number": 1,
        "state": "open",
        "head": f"ooni-bot:user-contribution/{VOLUNTEER}",
        "base": "master",
        "title": "Contribution from test-lists.ooni.org",
        "url": "",
    }
    assert editor.update("br", None, entry())[0] == 200
    assert editor.pulls.pulls[0]["state"] == "closed"
    assert editor.state() == "IN_PROGRESS"
    assert editor.submit()[0] == 200
    assert "new.example" in editor.pushed("it")
    assert "new.example" in editor.pushed("br")
    actions = [one.action for one in editor.accounts.log(9)]
    assert actions == ["testlist.submit", "testlist.withdraw", "testlist.submit"]


@pytest.mark.parametrize("merged", [True, False])
def test_merged_or_rejected_is_clean(editor: Editor, merged: bool) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    if merged:
        editor.upstream.merge(editor.fork, f"user-contribution/{VOLUNTEER}")
    editor.pulls.resolve(1)
    shown = editor.shown()
    assert (shown["state"], shown["changes"], shown["pr_url"]) == ("CLEAN", {}, None)
    assert ("https://new.example/" in editor.urls()) is merged
    assert not list((editor.folder / "users").iterdir())
    assert "user-contribution" not in git(editor.clone.folder, "branch", "--list")


def test_a_rejected_duplicate_leaves_the_rest(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    assert error(editor.update("it", None, entry())) == (400, "err_duplicate_url")
    assert editor.state() == "IN_PROGRESS"
    assert editor.submit()[0] == 200
    assert [one["state"] for one in editor.pulls.pulls] == ["closed", "open"]


def test_what_was_added_and_deleted_again_is_nothing(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.update("it", entry(), None)[0] == 200
    assert editor.shown()["changes"] == {}
    assert error(editor.submit()) == (400, "err_no_proposed_changes")


@ON_ONE_ENGINE
def test_commits_say_who_and_why(editor: Editor) -> None:
    assert editor.update("it", None, entry(), comment="--amend\n\n# über 'alles' $(id)")[0] == 200
    assert editor.update("br", None, entry(), comment="")[0] == 200
    assert editor.submit()[0] == 200
    log = git(editor.fork, "log", "--format=%an <%ae>|%cn|%B~", "-2", f"user-contribution/{VOLUNTEER}")
    last, first = (one.strip() for one in log.split("~")[:2])
    assert last == "editor-bot <editor-bot@users.noreply.github.com>|editor-bot|"
    assert first.split("|")[2] == "--amend\n\n# über 'alles' $(id)"


@ON_ONE_ENGINE
def test_upstream_moves_on(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    moved = editor.upstream.change(
        {"it": LISTS["it"] + "https://other.example/,NEWS,News Media,2026-01-01,,\n"}
    )
    assert editor.update("it", None, entry("https://second.example/"))[0] == 200
    assert editor.urls()[-3:] == ["https://other.example/", "https://new.example/", "https://second.example/"]
    assert editor.submit()[0] == 200
    branch = f"user-contribution/{VOLUNTEER}"
    assert git(editor.fork, "merge-base", "--is-ancestor", moved, branch) == ""
    assert git(editor.fork, "rev-list", "--count", f"{moved}..{branch}").strip() == "2"


def test_an_upstream_change_of_the_same_row(editor: Editor) -> None:
    one = editor.row("it", "https://one.example/")
    assert editor.update("it", one, one | {"notes": "mine"})[0] == 200
    assert editor.update("it", None, entry())[0] == 200
    editor.upstream.change({"it": LISTS["it"].replace("2020-01-01,OONI,", "2020-01-01,OONI,theirs")})
    status, body = editor.submit()
    assert (status, body["err_str"]) == (400, "err_cannot_update_list")
    assert body["error"] == "Unable to update. The URL list has changed in the meantime."
    reason = "what it changes is no longer there"
    assert body["err_args"] == {
        "dropped": [{"country_code": "it", "url": "https://one.example/", "reason": reason}]
    }
    shown = editor.shown()
    assert [line["url"] for line in shown["changes"]["it"]] == ["https://new.example/"]
    assert editor.row("it", "https://one.example/")["notes"] == "theirs"
    assert editor.submit()[0] == 200


@ON_ONE_ENGINE
def test_upstream_has_the_same_edit_already(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    editor.upstream.change(
        {"it": LISTS["it"] + "https://new.example/,NEWS,News Media,2026-03-01,a volunteer,\n"}
    )
    assert error(editor.submit()) == (400, "err_no_proposed_changes")
    assert editor.state() == "CLEAN"


@ON_ONE_ENGINE
def test_a_row_that_changed_while_it_was_looked_at(editor: Editor) -> None:
    one = editor.row("it", "https://one.example/")
    editor.upstream.change({"it": LISTS["it"].replace("2020-01-01,OONI,", "2020-01-01,OONI,theirs")})
    assert error(editor.update("it", one, None)) == (400, "err_cannot_update_list")


@ON_ONE_ENGINE
def test_a_pull_request_that_cannot_be_opened(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    for status in (500, 404, 403, 200):
        editor.pulls.fail["POST"] = status
        assert error(editor.submit()) == (400, "err_cannot_propose_changes")
        assert editor.state() == "IN_PROGRESS"
    editor.pulls.fail.clear()
    assert editor.submit()[0] == 200


@ON_ONE_ENGINE
def test_a_pull_request_that_is_open_already(editor: Editor) -> None:
    head = f"ooni-bot:user-contribution/{VOLUNTEER}"
    url = f"{editor.pulls.url}/repos/citizenlab/test-lists/pulls/1"
    editor.pulls.pulls.append({"number": 1, "state": "open", "head": head, "url": url})
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[1]["pr_id"].endswith("/2")
    assert [one["state"] for one in editor.pulls.pulls] == ["closed", "open"]


@ON_ONE_ENGINE
def test_a_push_that_fails(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    away = editor.fork.with_name("away")
    editor.fork.rename(away)
    assert error(editor.submit()) == (400, "err_cannot_propose_changes")
    assert editor.state() == "IN_PROGRESS"
    away.rename(editor.fork)
    assert editor.submit()[0] == 200


@ON_ONE_ENGINE
def test_a_pull_request_that_cannot_be_closed(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    editor.pulls.fail["PATCH"] = 500
    answer = editor.update("br", None, entry())
    assert error(answer) == (400, "err_cannot_close_pr")
    assert answer[1]["error"] == "Unable to close PR. Please reload data."
    assert editor.state() == "PR_OPEN"
    editor.pulls.fail.clear()
    assert editor.update("br", None, entry())[0] == 200


@ON_ONE_ENGINE
def test_github_talks_nonsense_or_is_away(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    editor.pulls.shape = {"number": 1}
    answer = editor.get(LIST + "it", bearer())
    assert (answer.status_code, answer.json()["err_str"]) == (400, "err_invalid_pr_state")
    editor.pulls.shape = None
    editor.pulls.fail["GET"] = 502
    assert editor.state() == "PR_OPEN"


def test_a_pull_request_elsewhere_gets_no_token(editor: Editor, records: Records) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    with records.write() as session:
        session.execute(
            text("UPDATE testlist_submission SET pr_id = :url"), {"url": f"{editor.pulls.url}/elsewhere"}
        )
    before = len(editor.pulls.asked)
    answer = editor.get(LIST + "it", bearer())
    assert (answer.status_code, answer.json()["err_str"]) == (400, "err_invalid_pr_state")
    assert len(editor.pulls.asked) == before


@ON_ONE_ENGINE
def test_a_worktree_that_somebody_touched(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    place = editor.folder / "users" / VOLUNTEER / "test-lists" / "lists" / "it.csv"
    place.write_text("broken")
    assert error(editor.submit()) == (400, "err_cannot_propose_changes")
    assert editor.submit()[0] == 200
    assert "new.example" in editor.pushed("it")


@ON_ONE_ENGINE
@pytest.mark.parametrize("lost", ["users", "test-lists.git", "."])
def test_what_is_on_disk_can_be_lost(editor: Editor, lost: str) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.update("it", entry(), entry(notes="again"))[0] == 200
    before = editor.shown()
    shutil.rmtree(editor.folder / lost)
    if lost == ".":
        editor.folder.mkdir()
    assert editor.shown() == before
    assert editor.submit()[0] == 200
    assert "again" in editor.pushed("it")


@ON_ONE_ENGINE
def test_no_outlet(records: Records, tmp_path: Any) -> None:
    editor = Editor(records, tmp_path, outlet=False)
    assert editor.update("it", None, entry())[0] == 200
    status, body = editor.submit()
    assert (status, body["error"]) == (503, "Nothing can be submitted here: test_lists_push not set")
    assert editor.state() == "IN_PROGRESS"
    editor.close()


@ON_ONE_ENGINE
def test_upstream_is_away(editor: Editor) -> None:
    hidden = editor.upstream.bare.with_name("hidden")
    editor.upstream.bare.rename(hidden)
    answer = editor.get(LIST + "it", bearer())
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "30")
    hidden.rename(editor.upstream.bare)
    editor.clone._failed = float("-inf")
    assert editor.update("it", None, entry())[0] == 200
    editor.upstream.bare.rename(hidden)
    assert editor.urls()[-1] == "https://new.example/"
    assert editor.update("it", None, entry("https://second.example/"))[0] == 200


@ON_ONE_ENGINE
def test_the_token_is_in_no_argument_and_no_file(editor: Editor) -> None:
    assert editor.update("it", None, entry())[0] == 200
    assert editor.submit()[0] == 200
    for path in editor.folder.rglob("*"):
        assert path.is_dir() or TOKEN.encode() not in path.read_bytes()
