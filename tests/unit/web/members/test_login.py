"""Logging in and out, a member's page, and forms that do not come from a page of ours."""

from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.routing import APIRoute

from oonib.accounts.identity import account_id
from oonib.accounts.mailing import MailFailed
from oonib.records import Records
from oonib.web.frame.visiting import COOKIE
from oonib.web.members.leading import own_path, path_of

from support.memberpages import ADMIN, HOSTILE, OTHER, USER, World, forms, problems
from support.pages import BASE, KEY


def test_a_login_by_mail(world: World) -> None:
    somebody = world.nobody()
    sent = somebody.fill("/login?next=/runs/new", email_address="  User@News.example ")
    assert sent.headers["location"] == "/login?done=sent"
    assert "a mail with a link is on its way" in somebody.follow(sent).text
    shown = somebody.get(f"/login?token={world.mailed()}")
    assert shown.status_code == 200
    assert "Continue as user@news.example" in shown.text
    # Programs that open the links of mails do not log in by that.
    assert "set-cookie" not in shown.headers
    assert (shown.headers["cache-control"], shown.headers["referrer-policy"]) == ("no-store", "no-referrer")
    entered = somebody.post("/login", forms(shown, "/login")[0])
    assert (entered.status_code, entered.headers["location"]) == (303, "/runs/new")
    cookie = entered.headers["set-cookie"]
    assert all(word in cookie for word in (f"{COOKIE}=ey", "HttpOnly", "SameSite=lax", "Secure", "Path=/"))
    seconds = int(cookie.partition("Max-Age=")[2].partition(";")[0])
    assert 2 * 86400 - 60 < seconds <= 2 * 86400
    mine = somebody.json("/account")
    assert (mine["address"], mine["role"]) == (USER, "user")
    assert mine["account_id"] == account_id(USER, KEY)


def test_the_cookie_travels_without_tls_where_the_backend_has_none(kept_records: Records) -> None:
    world = World(kept_records, secure=False)
    somebody = world.nobody()
    somebody.fill("/login", email_address=OTHER)
    entered = somebody.fill(f"/login?token={world.mailed()}")
    assert "Secure" not in entered.headers["set-cookie"]
    assert "HttpOnly" in entered.headers["set-cookie"]


def test_the_answer_is_the_same_for_everybody(world: World) -> None:
    world.accounts.set_role(account_id(OTHER, KEY), "admin", world.now(), "operator")
    somebody = world.nobody()
    answers = [somebody.fill("/login", email_address=who) for who in (USER, OTHER, "never@news.example")]
    # Beyond what an address may have nothing is sent, and nobody is told.
    answers += [somebody.fill("/login", email_address=USER) for _ in range(4)]
    assert len({(one.status_code, str(sorted(one.headers.items())), one.text) for one in answers}) == 1
    assert len(world.mailbox.letters) == 5


@pytest.mark.parametrize("typed", ["", "nobody", "a@b", "ü@news.example", "a b@news.example", HOSTILE])
def test_what_is_no_address(world: World, typed: str) -> None:
    answer = world.nobody().fill("/login", email_address=typed)
    assert answer.status_code == 422
    assert "not a valid email address" in problems(answer)
    assert forms(answer, "/login")[0]["email_address"] == typed
    assert "<script>alert" not in answer.text
    assert not world.mailbox.letters


def test_a_mail_that_cannot_go_out(world: World) -> None:
    world.mailbox.problem = MailFailed("SMTPException")
    answer = world.nobody().fill("/login", email_address=USER)
    assert answer.status_code == 500
    assert "Unable to send the email" in problems(answer)


@pytest.mark.parametrize("token", ["", "x", "<script>alert(1)</script>", "ey" * 5000])
def test_links_that_do_not_work(world: World, token: str) -> None:
    for answer in (
        world.nobody().get(f"/login?token={token}"),
        world.nobody().post("/login", {"token": token}),
    ):
        assert answer.status_code == 401
        assert "Invalid credentials" in problems(answer)
        assert "set-cookie" not in answer.headers
        assert "<script>alert" not in answer.text
        assert forms(answer, "/login")[0]["next"] == "/account"


def test_an_address_is_text_on_the_page(world: World) -> None:
    world.nobody().fill("/login", email_address="a&b'c@news.example")
    page = world.nobody().get(f"/login?token={world.mailed()}")
    assert "Continue as a&amp;b&#39;c@news.example" in page.text


def test_a_link_is_too_old_after_a_day(world: World) -> None:
    world.nobody().fill("/login", email_address=USER)
    token = world.mailed()
    world.ahead = timedelta(days=1, seconds=5)
    assert "Expired token" in problems(world.nobody().get(f"/login?token={token}"))


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("/findings?country=IR", "/findings?country=IR"),
        ("/account#x", "/account"),
        ("", "/account"),
        ("https://evil.example/", "/account"),
        ("//evil.example/", "/account"),
        ("///evil.example/", "/account"),
        ("/\\evil.example/", "/account"),
        ("/\t/evil.example", "/account"),
        ("/ /evil.example", "/account"),
        ("/\x00", "/account"),
        ("javascript:alert(1)", "/account"),
        ("/login?token=x", "/account"),
        ("/logout", "/account"),
        ("/x" * 2000, "/account"),
        ("/زاد", "/account"),
    ],
)
def test_a_login_leads_to_pages_of_this_host_only(world: World, asked: str, path: str) -> None:
    assert own_path(asked) == path
    somebody = world.nobody()
    assert somebody.post("/login", {"email_address": USER, "next": asked}).status_code == 303
    assert somebody.fill(f"/login?token={world.mailed()}").headers["location"] == path


def test_the_way_back_is_below_our_own_address() -> None:
    assert path_of(f"{BASE}/runs/new", BASE) == "/runs/new"
    assert path_of(f"{BASE}.evil.example/x", BASE) == "/account"
    assert path_of("https://explorer.ooni.org/x", BASE) == "/account"
    assert path_of(f"{BASE}//evil.example/", BASE) == "/account"


def test_where_mails_lie_is_told_to_those_on_this_machine(kept_records: Records, tmp_path: Path) -> None:
    world = World(kept_records, mail_folder=tmp_path / "mail")
    assert str(tmp_path / "mail") in world.nobody().get("/login").text
    world.local = False
    assert str(tmp_path) not in world.nobody().get("/login").text
    assert str(tmp_path) not in world.nobody().get("/login?format=json").text


def test_logging_out(world: World) -> None:
    somebody = world.browser()
    left = somebody.fill("/account", "/logout")
    assert left.headers["location"] == "/login?done=out"
    assert "Max-Age=0" in left.headers["set-cookie"]
    assert somebody.cookies == {COOKIE: ""}
    assert somebody.get("/account").status_code == 401


def test_an_expunged_session_is_nobodys(world: World) -> None:
    somebody = world.browser()
    assert somebody.get("/account").status_code == 200
    world.ahead = timedelta(seconds=5)
    world.administration.expunge(USER, "operator")
    assert somebody.get("/account").status_code == 401
    assert "Log in" in somebody.get("/findings").text


def test_ending_everything(world: World) -> None:
    one, other = world.browser(), world.browser()
    world.nobody().fill("/login", email_address=USER)
    link = world.mailed()
    world.ahead = timedelta(seconds=5)
    fields = next(
        form for form in forms(one.get("/account"), "/account") if form.get("action") == "end-everything"
    )
    ended = one.follow(one.post("/account", fields))
    assert "All your sessions" in ended.text
    assert other.get("/account").status_code == 401
    assert world.nobody().get(f"/login?token={link}").status_code == 401


def test_sessions_are_made_longer_in_their_second_half(world: World) -> None:
    somebody = world.browser()
    assert "set-cookie" not in somebody.get("/account").headers
    form = forms(somebody.get("/account"), "/logout")[0]
    somebody.cookies = {COOKIE: world.session(hours=30)}
    before = somebody.cookies[COOKIE]
    assert "HttpOnly" in somebody.get("/findings").headers["set-cookie"]
    assert somebody.cookies[COOKIE] != before
    assert "set-cookie" not in somebody.get("/findings").headers
    # A form that was loaded before is good still, and one of another login is not.
    assert somebody.post("/logout", form).status_code == 403
    somebody.cookies = {COOKIE: before}
    form = forms(somebody.get("/account"), "/logout")[0]
    assert somebody.cookies[COOKIE] != before
    assert somebody.post("/logout", form).status_code == 303


def test_no_session_goes_beyond_a_week(world: World) -> None:
    somebody = world.browser()
    for _ in range(8):
        world.ahead += timedelta(hours=30)
        answer = somebody.get("/account")
    assert answer.status_code == 401


def test_api_tokens(world: World) -> None:
    somebody = world.browser()
    made = somebody.fill("/account", action="make-token", name=HOSTILE[:60].replace("\u202e", ""))
    assert made.status_code == 200
    assert made.headers["cache-control"] == "no-store"
    token = made.text.partition("<code>oonib_")[2].partition("<")[0]
    assert len(token) > 30
    assert "<script>alert" not in made.text
    assert token not in somebody.get("/account").text
    (kept,) = somebody.json("/account")["api_tokens"]
    assert kept["name"].startswith("<script>")
    stranger = world.browser(OTHER)
    assert stranger.fill("/account", action="revoke-token", id=kept["id"]).status_code == 404
    revoked = somebody.fill("/account", action="revoke-token", id=kept["id"])
    assert "is revoked" in somebody.follow(revoked).text
    assert somebody.json("/account")["api_tokens"] == []
    for wrong in ("", "x" * 101, "a\nb", "a\x00b"):
        answer = somebody.fill("/account", action="make-token", name=wrong)
        assert answer.status_code == 422, wrong


def test_the_token_for_programs_is_shown_on_request_only(world: World) -> None:
    somebody = world.browser()
    token = somebody.cookies[COOKIE]
    assert token not in somebody.get("/account").text
    assert token not in somebody.get("/account?format=json").text
    shown = somebody.fill("/account", action="show-token")
    assert f"Authorization: Bearer {token}" in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "frame-ancestors 'none'" in shown.headers["content-security-policy"]


def test_what_is_away_is_said_in_its_place(world: World) -> None:
    found = world.browser().json("/account")
    assert found["test_lists"] is None
    assert (found["findings"], found["links"], found["api_tokens"]) == ([], [], [])
    assert "Test lists cannot be edited here" in world.browser().get("/account").text


ATTACKS = {
    "no cookie": (None, {}, {}),
    "no mark": (USER, {"mark": ""}, {}),
    "forged mark": (USER, {"mark": "AAAA" * 10}, {}),
    "odd mark": (USER, {"mark": "ü=!"}, {}),
    "mark of another": (OTHER, {}, {}),
    "foreign origin": (USER, {}, {"Origin": "https://evil.example"}),
    "no origin at all": (USER, {}, {"Origin": "null"}),
    "broken origin": (USER, {}, {"Origin": "http://[::1"}),
    "near origin": (USER, {}, {"Origin": "http://host.example.evil.example"}),
    "cross-site": (USER, {}, {"Sec-Fetch-Site": "cross-site"}),
    "same-site": (USER, {}, {"Sec-Fetch-Site": "same-site", "Origin": "http://x.host.example"}),
    "hidden and cross-site": (USER, {}, {"Sec-Fetch-Site": "cross-site", "Origin": "null"}),
    "as JSON": (USER, {}, {"Content-Type": "text/plain"}),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_forms_that_are_not_ours_have_no_effect(world: World, name: str) -> None:
    who, fields, headers = ATTACKS[name]
    victim = world.browser()
    form = {**forms(victim.get("/account"), "/account")[0], "action": "make-token", "name": "x", **fields}
    attacked = world.nobody() if who is None else world.browser(who)
    if who == USER:
        attacked.cookies = victim.cookies
    answer = attacked.post("/account", form, **headers)
    assert answer.status_code in (400, 401, 403)
    assert "set-cookie" not in answer.headers
    assert victim.json("/account")["api_tokens"] == []
    assert attacked.json("/account")["api_tokens"] == [] if who else True


def test_every_form_needs_its_mark(world: World) -> None:
    asked = [
        route.path.replace("{key}", "1").replace("{link_id}", "10000").replace("{name}", "it")
        for route in world.app.routes
        if isinstance(route, APIRoute) and "POST" in route.methods
    ]
    assert len(asked) >= 12
    for path in asked:
        answer = world.browser(ADMIN).post(path, {"action": "save", "token": "x", "email_address": USER})
        assert answer.status_code == 403, path
        assert "did not come from a page of ours" in answer.text
        assert "set-cookie" not in answer.headers
    assert not world.mailbox.letters


def test_nobody_is_logged_in_from_another_site(world: World) -> None:
    world.nobody().fill("/login", email_address=OTHER)
    token = world.mailed()
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = world.nobody().post("/login", {"token": token}, **headers)
        assert answer.status_code == 403
        assert "set-cookie" not in answer.headers


def test_a_browser_that_vouches_for_a_page_without_address(world: World) -> None:
    # As the page of a login link is, whose address is a secret.
    world.nobody().fill("/login", email_address=USER)
    headers = {"Origin": "null", "Sec-Fetch-Site": "same-origin"}
    answer = world.nobody().post("/login", {"token": world.mailed()}, **headers)
    assert answer.status_code == 303


def test_a_session_in_the_address_or_header_is_none_for_pages(world: World) -> None:
    token = world.session()
    nobody = world.nobody()
    assert nobody.get(f"/account?{COOKIE}={token}").status_code == 401
    assert nobody.get("/account", Authorization=f"Bearer {token}").status_code == 401


def test_pages_for_members_ask_to_log_in(world: World) -> None:
    for path in ("/account", "/findings/new", "/runs/new", "/lists/it", "/priorities/edit"):
        answer = world.nobody().get(path)
        assert answer.status_code == 401, path
        assert 'href="/login' in answer.text
    user = world.browser()
    for path in ("/findings/new", "/priorities/edit"):
        assert user.get(path).status_code == 403
    assert world.browser(ADMIN).get("/findings/new").status_code == 200
