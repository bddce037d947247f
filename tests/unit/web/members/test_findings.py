"""Pages of findings: who sees and edits them, hostile text, edits that cross each other."""

from typing import Any

import pytest

from oonib.web.editing.markdown import html

from support.memberpages import ADMIN, HOSTILE, OTHER, USER, Browser, World, forms, problems

FIELDS = {
    "title": "Site blocked",
    "short_description": "All networks of Iran",
    "text": "# What\n\nSee [here](https://a.example/).",
    "start_time": "2026-01-31",
    "end_time": "2026-02-03T10:30",
    "CCs": "ir, TR",
    "ASNs": "AS44244 58224",
    "domains": "a.example,b.example",
    "test_names": "web_connectivity",
    "themes": "news_media",
    "tags": "elections, press freedom",
    "links": "https://report.example/\njavascript:alert(1)",
    "reported_by": "A researcher",
}


def make(world: World, *, published: bool = True, by: str = ADMIN, **fields: str) -> str:
    """The id of a new finding."""
    browser = world.browser(by, "admin")
    extra = {"published": "yes"} if published else {}
    made = browser.fill("/findings/new", **{**FIELDS, **fields, **extra, "action": "save"})
    assert made.status_code == 303, problems(made)
    return made.headers["location"].partition("?")[0].removeprefix("/findings/")


def shown(browser: Browser, key: str) -> dict[str, Any]:
    found: dict[str, Any] = browser.json(f"/findings/{key}")["finding"]
    return found


def test_a_finding_is_made_and_read(world: World) -> None:
    key = make(world)
    found = world.nobody().get(f"/findings/{key}?done=created")
    assert (found.status_code, found.headers["location"]) == (303, "/findings/2026-site-blocked?done=created")
    page = world.nobody().follow(found)
    assert "It is created." in page.text
    for link in (
        'href="/country/IR"',
        'href="/as/44244"',
        'href="/domain/a.example"',
        'href="/chart/mat?test_name=web_connectivity"',
        'href="/findings?theme=news_media"',
        'href="/findings?keyword=press%20freedom"',
        "<h3>What</h3>",
        '<a href="https://a.example/" rel="nofollow noopener ugc">here</a>',
        '<a href="https://report.example/" rel="nofollow noopener ugc">',
    ):
        assert link in page.text, link
    assert 'href="javascript' not in page.text
    assert ADMIN not in page.text
    told = world.nobody().json("/findings/2026-site-blocked")
    assert told["finding"]["CCs"] == ["IR", "TR"]
    assert told["finding"]["ASNs"] == [44244, 58224]
    assert told["finding"]["end_time"] == "2026-02-03T10:30:00.000000Z"
    since = "since=2026-01-31&until=2026-02-04"
    narrowed = (
        "probe_cc=IR%2CTR&probe_asn=AS44244%2CAS58224&domain=a.example%2Cb.example&test_name=web_connectivity"
    )
    assert told["evidence"] == {
        "chart": f"/chart/mat?{narrowed}&{since}",
        "search": f"/search?{narrowed}&{since}",
    }


def test_drafts_are_for_members(world: World) -> None:
    key = make(world, published=False)
    assert world.nobody().get("/findings/2026-site-blocked").status_code == 404
    assert world.nobody().json("/findings")["findings"] == []
    page = world.browser().get("/findings/2026-site-blocked")
    assert "draft" in page.text
    assert "/edit" not in page.text
    assert world.browser().get(f"/findings/{key}/edit").status_code == 403
    assert world.nobody().get("/findings/nothing").status_code == 404


def test_the_list_with_its_filters(world: World) -> None:
    make(
        world, title="First", start_time="2026-01-01", CCs="BR", themes="im", tags="", reported_by="Somebody"
    )
    make(world, title="Second", start_time="2026-01-02")
    make(world, title="Third", start_time="2026-01-03", short_description="PRESS in Brazil", CCs="BR")
    nobody = world.nobody()

    def titles(query: str, browser: Browser = nobody) -> list[str]:
        return [one["title"] for one in browser.json(f"/findings?{query}")["findings"]]

    assert titles("") == ["Third", "Second", "First"]
    assert titles("country=br") == ["Third", "First"]
    assert titles("theme=im") == ["First"]
    assert titles("keyword=press") == ["Third", "Second"]
    assert titles("by=Somebody") == ["First"]
    assert titles("country=BR&keyword=press") == ["Third"]
    assert titles("page=2") == []
    assert "There are no more pages" in nobody.get("/findings?page=2").text
    assert titles("mine=true", world.browser()) == []
    assert titles("mine=true", world.browser(ADMIN)) == ["Third", "Second", "First"]
    assert nobody.json("/findings")["countries"] == ["BR", "IR", "TR"]
    # The list of everybody is kept until something changes.
    make(world, title="Fourth", start_time="2026-01-04")
    assert titles("")[0] == "Fourth"
    for wrong in ("page=0", "page=x", "country=" + "x" * 300):
        assert nobody.get(f"/findings?{wrong}").status_code == 422


def test_pages_of_the_list(world: World) -> None:
    for number in range(31):
        make(world, title=f"Finding {number}", start_time=f"2026-01-{number % 28 + 1:02}")
    first = world.nobody().get("/findings?country=IR")
    assert 'href="/findings?country=IR&amp;page=2" rel="next"' in first.text
    assert len(world.nobody().json("/findings?page=2")["findings"]) == 1


def test_hostile_text_is_text(world: World) -> None:
    fields = dict.fromkeys(("title", "short_description", "text", "reported_by", "tags", "themes"), HOSTILE)
    fields |= {
        "domains": "<script>alert(1)</script>",
        "links": HOSTILE,
        "CCs": '"><img>',
        "test_names": "{{7*7}}",
    }
    key = make(world, **fields)
    address = world.nobody().get(f"/findings/{key}").headers["location"]
    admin = world.browser(ADMIN)
    for page in (
        world.nobody().get(address),
        world.nobody().get("/findings"),
        world.nobody().get("/"),
        admin.get(f"/findings/{key}/edit"),
        admin.get("/account"),
        admin.fill(f"/findings/{key}/edit", action="preview"),
    ):
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert 'href="javascript' not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]
    page = world.nobody().get(address).text
    assert "\u202e" not in page
    assert "{{7*7}}" in page
    assert shown(world.nobody(), address.removeprefix("/findings/"))["title"] == HOSTILE


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"title": ""}, "Title : This is needed"),
        ({"text": " "}, "Text : This is needed"),
        ({"start_time": "yesterday"}, "Begins : This is no date"),
        ({"start_time": ""}, "Begins : This is no date"),
        ({"end_time": "2025-01-01"}, "end_time is earlier than start_time"),
        ({"ASNs": "AS12x"}, "Networks : This is no whole number"),
        ({"ASNs": "99999999999"}, "Networks : This number is out of range"),
        ({"slug": "12345"}, "Address : a slug must not be empty"),
        ({"slug": "a/b"}, "Address : a slug has at most 200 characters"),
        ({"title": "a\0b"}, "Title : a text with a NUL character"),
        ({"email_address": "somebody@else.example"}, "Invalid email address for creator account"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(world: World, wrong: dict[str, str], says: str) -> None:
    answer = world.browser(ADMIN).fill("/findings/new", **{**FIELDS, **wrong, "action": "save"})
    assert answer.status_code in (400, 422)
    assert says in " ".join(problems(answer).split())
    kept = forms(answer, "/findings/new")[0]
    if "title" not in wrong:
        assert kept["title"] == FIELDS["title"]
    assert kept["tags"] == FIELDS["tags"]
    assert world.browser(ADMIN).json("/findings")["findings"] == []


def test_a_slug_that_is_taken(world: World) -> None:
    make(world, slug="mine")
    answer = world.browser(ADMIN).fill("/findings/new", **{**FIELDS, "slug": "mine", "action": "save"})
    assert answer.status_code == 409
    assert "Another finding has that slug" in problems(answer)


def test_the_preview_saves_nothing(world: World) -> None:
    answer = world.browser(ADMIN).fill("/findings/new", **{**FIELDS, "action": "preview"})
    assert answer.status_code == 200
    assert "<h3>What</h3>" in answer.text
    assert forms(answer, "/findings/new")[0]["text"] == FIELDS["text"]
    assert world.browser(ADMIN).json("/findings")["findings"] == []


def test_an_edit_keeps_what_was_not_touched(world: World) -> None:
    key = make(world)
    admin = world.browser(ADMIN)
    before = shown(admin, "2026-site-blocked")
    assert admin.fill(f"/findings/{key}/edit", action="save").status_code == 303
    after = shown(admin, "2026-site-blocked")
    assert {**after, "update_time": ""} == {**before, "update_time": ""}
    saved = admin.fill(f"/findings/{key}/edit", action="save", slug="other", title="Other")
    assert "Your changes are saved" in admin.follow(admin.follow(saved)).text
    assert world.nobody().get("/findings/2026-site-blocked").headers["location"] == "/findings/other"


def test_an_edit_that_crosses_another(world: World) -> None:
    key = make(world)
    one, other = world.browser(ADMIN), world.browser(ADMIN)
    form = forms(one.get(f"/findings/{key}/edit"), f"/findings/{key}/edit")[0]
    assert other.fill(f"/findings/{key}/edit", action="save", title="Theirs", CCs="BR").status_code == 303
    mine = {**form, "text": "My long text", "action": "save"}
    answer = one.post(f"/findings/{key}/edit", mine)
    assert answer.status_code == 409
    assert "Somebody else changed this finding" in problems(answer)
    told = answer.text.partition("What is different now")[2].partition("</dl>")[0]
    # What others changed, and nothing that only I did.
    assert "Theirs" in told
    assert ">BR<" in told
    assert "Text" not in told
    kept = forms(answer, f"/findings/{key}/edit")[0]
    assert (kept["text"], kept["title"]) == ("My long text", "Site blocked")
    assert shown(other, "2026-site-blocked")["title"] == "Theirs"
    assert one.post(f"/findings/{key}/edit", {**kept, "action": "save"}).status_code == 303
    assert shown(other, "2026-site-blocked")["text"] == "My long text"


def test_text_is_kept_when_a_session_ends_meanwhile(world: World) -> None:
    key = make(world)
    admin = world.browser(ADMIN)
    form = forms(admin.get(f"/findings/{key}/edit"), f"/findings/{key}/edit")[0]
    admin.cookies = {}
    for path in ("/findings/new", f"/findings/{key}/edit"):
        answer = admin.post(path, {**form, "text": "My long text", "action": "save"})
        assert answer.status_code == 401
        assert "My long text" in answer.text
        assert "Your session is over" in problems(answer)


def test_publishing_and_deleting(world: World) -> None:
    key = make(world, published=False)
    admin, path = world.browser(ADMIN), "/findings/2026-site-blocked"
    done = admin.fill(path, f"/findings/{key}", action="publish")
    assert "Everybody can see it now" in admin.follow(done).text
    assert world.nobody().get(path).status_code == 200
    stale = forms(admin.get(path), f"/findings/{key}")[0]
    assert admin.fill(path, f"/findings/{key}", action="unpublish").status_code == 303
    assert world.nobody().get(path).status_code == 404
    answer = admin.post(f"/findings/{key}", {**stale, "action": "publish"})
    assert answer.status_code == 409
    assert admin.fill(path, f"/findings/{key}", 1, sure="").status_code == 400
    assert admin.get(path).status_code == 200
    gone = admin.fill(path, f"/findings/{key}", 1, sure="yes")
    assert "It is deleted" in admin.follow(gone).text
    assert admin.get(path).status_code == 404


def test_members_edit_their_own_and_publish_nothing(world: World) -> None:
    # Made while they were an admin, as members cannot make any.
    key = make(world, by=USER, published=False)
    member, path = world.browser(USER), f"/findings/{key}/edit"
    saved = member.fill(path, action="save", title="Mine", published="yes")
    assert saved.status_code == 303, problems(saved)
    assert shown(world.browser(ADMIN), "2026-site-blocked")["email_address"] == USER
    assert world.nobody().get("/findings/2026-site-blocked").status_code == 404
    mark = forms(member.get("/account"), "/account")[0]["mark"]
    assert (
        member.post(f"/findings/{key}", {"mark": mark, "action": "publish", "version": "2"}).status_code
        == 403
    )
    stranger = world.browser(OTHER)
    mark = forms(stranger.get("/account"), "/account")[0]["mark"]
    form = {**FIELDS, "mark": mark, "version": "2", "action": "save"}
    assert stranger.post(path, form).status_code == 403
    assert stranger.post("/findings/new", form).status_code == 403
    answer = stranger.post(
        f"/findings/{key}", {"mark": mark, "action": "delete", "sure": "yes", "version": "2"}
    )
    assert answer.status_code == 404
    assert member.fill("/findings/2026-site-blocked", f"/findings/{key}", sure="yes").status_code == 303


@pytest.mark.parametrize(
    ("text", "made"),
    [
        ("[x](javascript:alert(1))", "<p>[x](javascript:alert(1))</p>"),
        ("[x](JaVaScRiPt&colon;alert(1))", "<p>[x](JaVaScRiPt:alert(1))</p>"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>"),
        ("[x](//evil.example)", "<p>[x](//evil.example)</p>"),
        ("<javascript:alert(1)>", "<p>&lt;javascript:alert(1)&gt;</p>"),
        ("[x]\n\n[x]: javascript:alert(1)", "<p>[x]</p>\n<p>[x]: javascript:alert(1)</p>"),
        ("<b onclick=x>b</b>", "<p>&lt;b onclick=x&gt;b&lt;/b&gt;</p>"),
        ("<!-- x --><style>*{}</style>", "<p>&lt;!-- x --&gt;&lt;style&gt;*{}&lt;/style&gt;</p>"),
        (
            '![a"b](https://p.example/x.png)',
            '<p><a href="https://p.example/x.png" rel="nofollow noopener ugc">a&#34;b</a></p>',
        ),
        (
            '[x](HTTPS://a.example/ "\\"<b>")',
            '<p><a href="HTTPS://a.example/" title="&quot;&lt;b&gt;" rel="nofollow noopener ugc">x</a></p>',
        ),
        ("a\0b\u202ec", "<p>a\\u0000b\\u202ec</p>"),
        ("###### x", "<h3>x</h3>"),
        ("## a\n\n#### b\n\n# c", "<h3>a</h3>\n<h4>b</h4>\n<h3>c</h3>"),
        (
            '<MAT link="https://explorer.example/chart/mat?probe_cc=IR&amp;axis_x=domain" caption="I<r" />',
            '<p><a href="/chart/mat?probe_cc=IR&amp;axis_x=domain">I&lt;r</a></p>',
        ),
        ('<MAT link="javascript:alert(1)" />', '<p><a href="/chart/mat?">MAT</a></p>'),
    ],
)
def test_markdown_holds_no_markup_of_theirs(text: str, made: str) -> None:
    assert html(text).strip() == made


def test_a_text_without_end_is_shown_as_it_is() -> None:
    assert html("[" * 70_000).startswith("<pre>[[[")
