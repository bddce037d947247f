"""Pages of OONI Run links: made, revised, archived; what the form has no field for stays."""

import pytest

from oonib.accounts.identity import account_id
from oonib.accounts.tokens import Session
from oonib.oonirun.schema import LinkFields

from support.memberpages import ADMIN, HOSTILE, OTHER, USER, World, forms, problems
from support.pages import KEY

FIELDS = {
    "name": "Elections",
    "short_description": "What to watch",
    "description": "Some *text*",
    "test_name-0": "web_connectivity",
    "inputs-0": "https://a.example/\n\n https://b.example/ \n",
}


def make(world: World, **fields: str) -> str:
    """The id of a new link."""
    browser = world.browser()
    form = {**forms(browser.get("/runs/new"), "/runs/new")[0], **FIELDS, **fields, "action": "save"}
    form.pop("chosen-0")
    made = browser.post("/runs/new", form)
    assert made.status_code == 303, problems(made)
    return made.headers["location"].partition("?")[0].removeprefix("/runs/")


def test_a_link_is_made_and_read(world: World) -> None:
    key = make(world)
    told = world.nobody().json(f"/runs/{key}")
    link = told["link"]
    assert (link["name"], link["author"], link["revision"]) == ("Elections", USER, "1")
    (nettest,) = link["nettests"]
    assert nettest["inputs"] == ["https://a.example/", "https://b.example/"]
    assert nettest["is_manual_run_enabled_default"] is True
    assert told["addresses"]["app"] == f"ooni://runv2/{key}"
    page = world.nobody().get(f"/runs/{key}?done=created")
    assert f'href="ooni://runv2/{key}"' in page.text
    assert f'href="https://run.ooni.org/v2/{key}"' in page.text
    assert "<em>text</em>" in page.text
    assert "/edit" not in page.text
    assert f'href="/search?ooni_run_link_id={key}"' in page.text
    for wrong in ("/runs/1", "/runs/x", f"/runs/{key}?revision=2"):
        assert world.nobody().get(wrong).status_code == 404
    assert world.nobody().get(f"/runs/{key}?revision=x").status_code == 422


def test_the_list(world: World) -> None:
    first, second = make(world), make(world, name="Sports", description="No word of it")
    nobody, mine = world.nobody(), world.browser()
    assert [one["oonirun_link_id"] for one in nobody.json("/runs")["links"]] == [second, first]
    assert [one["name"] for one in nobody.json("/runs?q=sport")["links"]] == ["Sports"]
    assert nobody.json("/runs?mine=true")["links"] == []
    assert len(mine.json("/runs?mine=true")["links"]) == 2
    assert world.browser(OTHER).json("/runs?mine=true")["links"] == []
    archived = mine.fill(f"/runs/{first}")
    assert "is archived" in mine.follow(archived).text
    assert [one["name"] for one in nobody.json("/runs")["links"]] == ["Sports"]
    assert len(nobody.json("/runs?expired=true")["links"]) == 2
    assert mine.get(f"/runs/{first}/edit").status_code == 403


def test_other_nettests_make_a_revision_and_other_words_do_not(world: World) -> None:
    key, mine = make(world), world.browser()
    path = f"/runs/{key}/edit"
    saved = mine.fill(path, action="save", name="Other words")
    assert saved.headers["location"] == f"/runs/{key}?done=saved"
    more = mine.fill(path, action="more")
    form = forms(more, path)[0]
    assert form["test_name-1"] == ""
    revised = mine.post(
        path, {**form, "test_name-1": "dnscheck", "inputs-1": "https://dns.example/", "action": "save"}
    )
    assert revised.headers["location"] == f"/runs/{key}?done=revised"
    assert world.nobody().json(f"/runs/{key}")["revisions"] == ["2", "1"]
    assert len(world.nobody().json(f"/runs/{key}?revision=1")["link"]["nettests"]) == 1
    assert "This is an old revision" in world.nobody().get(f"/runs/{key}?revision=1").text


def test_what_has_no_field_stays(world: World) -> None:
    begun = world.now()
    caller = Session(account_id(USER, KEY), "user", USER, begun, begun)
    nettest = {
        "test_name": "web_connectivity",
        "inputs": ["https://a.example/"],
        "inputs_extra": [{"category_code": "NEWS"}],
        "options": {"a": [1, "<b>"]},
    }
    odd = {"test_name": "urlgetter", "targets_name": "targets_of_tomorrow"}
    asked = LinkFields.model_validate(
        {
            "name": "Elections",
            "short_description": "What to watch",
            "description": "Some",
            "author": USER,
            "nettests": [nettest, odd, {"test_name": "signal", "inputs": []}],
            "name_intl": {"es": "Elecciones"},
            "color": "#0B6B8F",
        }
    )
    before = world.links.create(asked, caller)
    key = before["oonirun_link_id"]
    saved = world.browser().fill(f"/runs/{key}/edit", action="save", name="Other words")
    assert saved.headers["location"] == f"/runs/{key}?done=saved", problems(saved)
    after = world.nobody().json(f"/runs/{key}")["link"]
    assert after["nettests"] == before["nettests"]
    assert (after["name_intl"], after["color"]) == ({"es": "Elecciones"}, "#0B6B8F")
    assert after["expiration_date"] == before["expiration_date"]
    assert "Elecciones" in world.nobody().get(f"/runs/{key}?lang=es").text


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"name": "x"}, "Name : At least 2 characters"),
        ({"name": "x" * 51}, "Name : At most 50 characters"),
        ({"test_name-0": ""}, "Nettests : This is needed"),
        ({"options-0": "{"}, "Nettests : The options of a nettest are a JSON object"),
        ({"color": "red"}, "Colour : This is not in the form"),
        ({"expiration_date": "tomorrow"}, "Expires : This is no date"),
        ({"description": "a\0b"}, "Description : a text with a NUL character"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(world: World, wrong: dict[str, str], says: str) -> None:
    browser = world.browser()
    form = {**forms(browser.get("/runs/new"), "/runs/new")[0], **FIELDS, **wrong, "action": "save"}
    answer = browser.post("/runs/new", form)
    assert answer.status_code == 422
    assert says in " ".join(problems(answer).split())
    assert forms(answer, "/runs/new")[0]["short_description"] == "What to watch"
    assert browser.json("/runs")["links"] == []


def test_an_edit_that_crosses_another(world: World) -> None:
    key, mine = make(world), world.browser()
    path = f"/runs/{key}/edit"
    form = forms(mine.get(path), path)[0]
    changed = {"name": "Theirs", "inputs-0": "https://theirs.example/"}
    assert world.browser(ADMIN).fill(path, action="save", **changed).status_code == 303
    answer = mine.post(path, {**form, "description": "My long text", "action": "save"})
    assert answer.status_code == 409
    told = answer.text.partition("What is different now")[2].partition("</dl>")[0]
    assert "Theirs" in told
    assert "https://theirs.example/" in told
    kept = forms(answer, path)[0]
    assert kept["description"] == "My long text"
    assert mine.post(path, {**kept, "action": "save"}).status_code == 303
    link = mine.json(f"/runs/{key}")["link"]
    assert (link["description"], link["author"]) == ("My long text", USER)


def test_strangers_edit_nothing(world: World) -> None:
    key = make(world)
    stranger = world.browser(OTHER)
    mark = forms(stranger.get("/account"), "/account")[0]["mark"]
    assert stranger.get(f"/runs/{key}/edit").status_code == 403
    assert stranger.post(f"/runs/{key}/edit", {**FIELDS, "mark": mark, "action": "save"}).status_code == 403
    answer = stranger.post(f"/runs/{key}", {"mark": mark, "action": "archive"})
    assert answer.status_code in (403, 404)
    assert world.nobody().json(f"/runs/{key}")["link"]["is_expired"] is False
    nobody = world.nobody().post("/runs/new", {**FIELDS, "description": "My long text", "action": "save"})
    assert nobody.status_code == 401
    assert "My long text" in nobody.text


def test_hostile_text_is_text(world: World) -> None:
    fields = dict.fromkeys(("name", "short_description", "description", "icon"), HOSTILE[:45])
    key = make(
        world,
        **fields,
        **{
            "test_name-0": "<script>alert(1)</script>",
            "inputs-0": HOSTILE,
            "options-0": '{"<script>alert(1)</script>": "\\"><img>"}',
        },
    )
    for page in (
        world.nobody().get(f"/runs/{key}"),
        world.nobody().get("/runs"),
        world.browser().get(f"/runs/{key}/edit"),
        world.browser().get("/account"),
    ):
        assert page.status_code == 200
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
