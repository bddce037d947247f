"""Findings (management contract 2), on both engines."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import select

from oonib.records.tables import Audit, Finding, FindingSlugAlias, FindingValue

from support.people import ADMIN, NOW, OTHER, USER, Desk

SUMMARY = {
    "ASNs", "CCs", "create_time", "creator_account_id", "domains", "email_address", "end_time", "event_type",
    "id", "links", "mine", "published", "reported_by", "short_description", "slug", "start_time", "tags",
    "test_names", "themes", "title", "update_time",
}  # fmt: skip
API = "/api/v1/incidents"


def draft(**values: Any) -> dict[str, Any]:
    return {
        "title": "Signal is blocked",
        "text": '## What happens\n<MAT link="https://explorer.ooni.org/" caption="x"/>',
        "start_time": "2026-02-01T00:00:00Z",
        "email_address": ADMIN,
        "CCs": ["IR"],
        "ASNs": [44244],
        "domains": ["signal.org"],
        "themes": ["im"],
        **values,
    }


def create(desk: Desk, **values: Any) -> str:
    answer = desk.ok("POST", f"{API}/create", ADMIN, json=draft(**values))
    assert answer["r"] == 1
    assert set(answer) == {"id", "r"}
    return str(answer["id"])


def show(desk: Desk, key: str, who: str | None = None) -> dict[str, Any]:
    found: dict[str, Any] = desk.ok("GET", f"{API}/show/{key}", who)["incident"]
    return found


def search(desk: Desk, who: str | None = None, query: str = "") -> list[str]:
    return [one["id"] for one in desk.ok("GET", f"{API}/search{query}", who)["incidents"]]


def post(desk: Desk, action: str, who: str | None, body: Any, **options: Any) -> httpx.Response:
    answer = desk.send("POST", f"{API}/{action}", who, json=body, **options)
    if answer.status_code != 200:
        said = answer.json()
        assert isinstance(said["error"], str)
        assert said["detail"] == said["error"] or isinstance(said["detail"], list)
    return answer


def audit(desk: Desk) -> list[tuple[str, str]]:
    with desk.records.read() as session:
        notes = session.scalars(select(Audit).order_by(Audit.number)).all()
    return [(one.action, one.object_id) for one in notes]


def rows(desk: Desk, table: type[Finding | FindingSlugAlias | FindingValue]) -> int:
    with desk.records.read() as session:
        return len(session.scalars(select(table)).all())


def test_what_is_created_is_shown(desk: Desk) -> None:
    key = create(desk, published=True, end_time="2026-02-03T12:00:00.25+02:00", ASNs=["1", 2], unknown=[1])
    found = show(desk, key, ADMIN)
    assert set(found) == SUMMARY | {"text"}
    assert found["text"] == draft()["text"]
    assert (found["start_time"], found["end_time"]) == (
        "2026-02-01T00:00:00.000000Z",
        "2026-02-03T10:00:00.250000Z",
    )
    assert found["create_time"] == found["update_time"] == "2026-03-02T10:30:00.000000Z"
    assert found["slug"] == "2026-signal-is-blocked"
    assert found["ASNs"] == [1, 2]
    assert found["themes"] == ["im"]
    assert (found["creator_account_id"], found["mine"], found["email_address"]) == ("", True, ADMIN)
    (listed,) = desk.ok("GET", f"{API}/search", ADMIN)["incidents"]
    assert set(listed) == SUMMARY
    assert {**listed, "text": found["text"]} == found
    assert audit(desk) == [("finding.publish", key)]


@pytest.mark.parametrize(
    ("who", "sees_drafts", "address", "mine"),
    [(None, False, "", False), (USER, True, "", False), (ADMIN, True, ADMIN, True)],
)
def test_who_sees_what(desk: Desk, who: str | None, sees_drafts: bool, address: str, mine: bool) -> None:
    public, hidden = create(desk, published=True), create(desk)
    assert set(search(desk, who)) == ({public, hidden} if sees_drafts else {public})
    found = show(desk, public, who)
    assert (found["email_address"], found["mine"], found["creator_account_id"]) == (address, mine, "")
    answer = desk.send("GET", f"{API}/show/{hidden}", who)
    assert answer.status_code == (200 if sees_drafts else 404)
    if not sees_drafts:
        assert answer.json() == dict.fromkeys(("error", "detail"), "OONI Finding not found")
    assert search(desk, who, "?only_mine=true") == ([hidden, public] if mine else [])


@pytest.mark.parametrize("shown", ["Bearer undefined", "bearer x", "\xff"])
def test_a_header_that_is_none_is_nobody(desk: Desk, shown: str) -> None:
    key, hidden = create(desk, published=True), create(desk)
    headers = {"Authorization": shown.encode("latin-1")}
    listed = desk.ok("GET", f"{API}/search?only_mine=false", headers=headers)["incidents"]
    assert [one["id"] for one in listed] == [key]
    for action in ("create", "update", "delete", "publish", "unpublish", "nonsense"):
        refused = desk.send("POST", f"{API}/{action}", headers=headers, content=b"{broken")
        assert refused.status_code == 401
        assert refused.json()["error"] == "Authentication required"
    assert desk.send("GET", f"{API}/show/{hidden}", headers=headers).status_code == 404


@pytest.mark.parametrize("action", ["create", "publish", "unpublish", "nonsense"])
def test_what_only_admins_do(desk: Desk, action: str) -> None:
    answer = desk.send("POST", f"{API}/{action}", USER, content=b"{broken")
    assert (answer.status_code, answer.json()["error"]) == (401, "Role not authorized")


BAD = [
    {"title": ""}, {"title": None}, {"text": ""}, {"text": 1}, {"start_time": None}, {"start_time": "soon"},
    {"start_time": 1e400}, {"start_time": "0001-01-01T00:00:00+14:00"},
    {"start_time": "9999-12-31T23:59:59-14:00"},
    {"end_time": "2026-01-31T23:59:59Z"}, {"end_time": 10**30}, {"ASNs": ["AS1"]}, {"ASNs": [1.5]},
    {"ASNs": [True]},
    {"ASNs": [-1]}, {"ASNs": [2**32]}, {"ASNs": [10**40]}, {"ASNs": 1}, {"ASNs": [None]}, {"CCs": "IR"},
    {"CCs": [None]}, {"CCs": None}, {"tags": ["\0"]}, {"title": "a\0b"}, {"title": "\ud800"},
    {"text": "\udfff"},
    {"themes": {"a": 1}}, {"published": "perhaps"}, {"published": None}, {"slug": ""}, {"slug": "123"},
    {"slug": "١٢٣"}, {"slug": "a/b"}, {"slug": "../../etc"}, {"slug": "a b"}, {"slug": "a\u202eb"},
    {"slug": "a\u200bb"}, {"slug": "e\u0301"}, {"slug": "."}, {"slug": ".."}, {"slug": "%2e"},
    {"slug": "a" * 201},
    {"slug": "a?b"}, {"slug": 7}, {"slug": "a\0"}, {"reported_by": []}, {"email_address": "a\0"},
]  # fmt: skip


def test_what_is_no_finding(desk: Desk) -> None:
    key = create(desk)
    for bad in BAD:
        assert post(desk, "create", ADMIN, draft(**bad)).status_code == 422, bad
        if bad != {"slug": ""}:
            assert post(desk, "update", ADMIN, {**draft(**bad), "id": key}).status_code == 422, bad
    assert search(desk, ADMIN) == [key]
    assert show(desk, key, ADMIN)["title"] == draft()["title"]


def test_bodies_that_are_none(desk: Desk) -> None:
    headers = {"Content-Type": "application/json"}
    for action in ("create", "update", "delete", "publish"):
        for raw in (b"", b"null", b"[]", b"1", b'"x"', b"{", b"\xff", b'{"id":NaN}', b"[" * 100_000):
            answer = desk.send("POST", f"{API}/{action}", ADMIN, content=raw, headers=headers)
            assert answer.status_code in (400, 422), answer.text


def test_a_body_has_bounds(desk: Desk) -> None:
    assert post(desk, "create", ADMIN, draft(text="x" * 2**20)).status_code == 413
    # Whoever may not write is told so first.
    assert post(desk, "create", None, draft(text="x" * 2**20)).status_code == 401
    create(desk, text="x" * (2**20 - 1000))


@pytest.mark.parametrize("address", ["", OTHER, "admin@news.example.evil.example"])
def test_the_address_is_the_accounts(desk: Desk, address: str) -> None:
    answer = post(desk, "create", ADMIN, draft(email_address=address))
    assert (answer.status_code, answer.json()["error"]) == (400, "Invalid email address for creator account")


def test_a_token_without_address_creates_nothing(desk: Desk) -> None:
    headers = {"Authorization": f"Bearer {desk.token(None, 'admin')}"}
    assert post(desk, "create", None, draft(email_address=""), headers=headers).status_code == 400
    key = create(desk)
    assert post(desk, "publish", None, {"id": key}, headers=headers).status_code == 200


def test_what_is_not_there(desk: Desk) -> None:
    create(desk, published=True)
    for key in ("1", "0", "", "x", "2026-signal-is-blocked", "9" * 400, "\u0661", "-1"):
        for action in ("publish", "update", "delete"):
            assert post(desk, action, ADMIN, {**draft(), "id": key}).status_code == 404, key
    assert post(desk, "publish", ADMIN, {"id": None}).status_code == 422
    for key in ("1", "nothing", "%00", "a%00b", "%ff", "%ed%a0%80", "..%2f..", "9" * 5000, "٣", "-1", "1e3"):
        assert desk.send("GET", f"{API}/show/{key}").status_code == 404, key


def test_publish_and_back(desk: Desk) -> None:
    key = create(desk)
    desk.clock = NOW + timedelta(hours=1)
    assert desk.ok("POST", f"{API}/publish", ADMIN, json={"id": key, "title": 1}) == {"id": key, "r": 1}
    found = show(desk, key)
    assert found["published"] is True
    assert found["update_time"] == "2026-03-02T11:30:00.000000Z"
    desk.ok("POST", f"{API}/unpublish", ADMIN, json={"id": key})
    assert desk.send("GET", f"{API}/show/{key}").status_code == 404
    assert audit(desk) == [("finding.publish", key), ("finding.unpublish", key)]
    unknown = post(desk, "nonsense", ADMIN, {"id": key})
    assert (unknown.status_code, unknown.json()["error"]) == (400, "Invalid query action")


def owned_by(desk: Desk, key: str, address: str) -> None:
    """As of the time when users could create findings."""
    from oonib.accounts.identity import account_id

    from support.people import KEY

    with desk.records.write() as session:
        session.get_one(Finding, key).creator_account_id = account_id(address, KEY)


def test_owners_edit_and_delete(desk: Desk) -> None:
    key, strangers = create(desk, published=True), create(desk)
    owned_by(desk, key, USER)
    mine = {**draft(email_address=USER, title="Anew", CCs=["BR"]), "id": key}
    assert post(desk, "update", USER, {**mine, "email_address": OTHER}).status_code == 403
    assert post(desk, "update", USER, {**mine, "email_address": ""}).status_code == 403
    publishing = post(desk, "update", USER, {**mine, "published": True})
    assert (publishing.status_code, publishing.json()["error"]) == (403, "You are not allowed to publish")
    assert post(desk, "update", USER, {**mine, "id": strangers}).status_code == 404
    before = show(desk, key, USER)
    assert (before["mine"], before["email_address"]) == (True, "")
    desk.clock = NOW + timedelta(minutes=1)
    desk.ok("POST", f"{API}/update", USER, json=mine)
    after = show(desk, key, USER)
    assert (after["title"], after["CCs"], after["published"], after["mine"]) == ("Anew", ["BR"], False, True)
    assert (after["create_time"], after["slug"]) == (before["create_time"], before["slug"])
    assert after["update_time"] == "2026-03-02T10:31:00.000000Z"
    assert search(desk, USER, "?only_mine=true") == [key]
    assert post(desk, "delete", USER, {"id": key}).status_code == 403
    assert post(desk, "delete", USER, {"id": key, "email_address": OTHER}).status_code == 403
    assert post(desk, "delete", USER, {"id": strangers, "email_address": USER}).status_code == 404
    assert desk.ok("POST", f"{API}/delete", USER, json={"id": key, "email_address": USER.upper()}) == {}
    assert post(desk, "delete", USER, {"id": key, "email_address": USER}).status_code == 404
    assert desk.send("GET", f"{API}/show/{key}", ADMIN).status_code == 404
    assert ("finding.delete", key) in audit(desk)


def test_admins_edit_everything(desk: Desk) -> None:
    key = create(desk)
    owned_by(desk, key, USER)
    edit = {**show(desk, key, ADMIN), "published": True, "email_address": OTHER, "text": "anew"}
    desk.ok("POST", f"{API}/update", ADMIN, json=edit)
    found = show(desk, key, ADMIN)
    assert (found["published"], found["email_address"], found["text"]) == (True, OTHER, "anew")
    assert show(desk, key, USER)["mine"] is True
    assert audit(desk) == [("finding.publish", key)]
    desk.ok("POST", f"{API}/delete", ADMIN, json={"id": key})
    assert [rows(desk, table) for table in (Finding, FindingValue, FindingSlugAlias)] == [0, 0, 0]


def test_titles_may_be_alike(desk: Desk) -> None:
    keys = [create(desk, published=True) for _ in range(3)]
    slugs = [show(desk, key)["slug"] for key in keys]
    assert slugs == ["2026-signal-is-blocked", "2026-signal-is-blocked-2", "2026-signal-is-blocked-3"]
    assert [show(desk, slug)["id"] for slug in slugs] == keys


def test_slugs_of_ones_own(desk: Desk) -> None:
    key = create(desk, slug="Блокировка-2026", published=True)
    assert show(desk, "Блокировка-2026")["id"] == key
    taken = post(desk, "create", ADMIN, draft(slug="Блокировка-2026"))
    assert taken.status_code == 409
    assert "slug" in taken.json()["error"]
    other = create(desk)
    assert post(desk, "update", ADMIN, {**draft(), "id": other, "slug": "Блокировка-2026"}).status_code == 409


def test_old_slugs_go_on_to_lead_there(desk: Desk) -> None:
    key = create(desk, published=True)
    for slug in ("first", "second", "", None, "first", "third"):
        desk.ok("POST", f"{API}/update", ADMIN, json={**draft(published=True), "id": key, "slug": slug})
    found = [show(desk, slug) for slug in ("2026-signal-is-blocked", "first", "second", "third", key)]
    assert {(one["id"], one["slug"]) for one in found} == {(key, "third")}
    # What was a slug of this one is nobody else's.
    assert post(desk, "create", ADMIN, draft(slug="second")).status_code == 409
    assert show(desk, create(desk), ADMIN)["slug"] == "2026-signal-is-blocked-2"
    desk.ok("POST", f"{API}/delete", ADMIN, json={"id": key})
    create(desk, slug="second")


FOUND = [
    ("", [2, 1, 0]), ("?country_code=IR", [0]), ("?country_code=IR&country_code=BR", [1, 0]),
    ("?country_code=ir", []), ("?asn=1", [1, 0]), ("?asn=1&country_code=BR", [1]), ("?domain=x.example", [2]),
    ("?theme=im", [2, 0]), ("?theme=im&theme=news_media&asn=1", [1, 0]), ("?theme=", []),
    ("?domain=example", []),
    ("?other=1", [2, 1, 0]), ("?country_code=%27%20OR%201%3D1", []), ("?domain=%25", []),
]  # fmt: skip


def test_filters(desk: Desk) -> None:
    keys = [
        create(desk, published=True, start_time="2026-01-01", ASNs=[1, 2], CCs=["IR", "IR"]),
        create(desk, published=True, start_time="2026-01-02", ASNs=["1"], CCs=["BR"], themes=["news_media"]),
        create(
            desk, published=True, start_time=1767398400, ASNs=[3], CCs=[], domains=["x.example", "y.example"]
        ),
    ]
    for query, found in FOUND:
        assert search(desk, None, query) == [keys[number] for number in found], query


def test_filters_that_are_none(desk: Desk) -> None:
    for query in ("?asn=AS1", "?asn=-1", "?asn=99999999999999999999", "?theme=%00", "?only_mine=x", "?asn="):
        assert desk.send("GET", f"{API}/search{query}").status_code == 422, query


def test_filters_follow_edits(desk: Desk) -> None:
    key = create(desk, published=True)
    desk.ok("POST", f"{API}/update", ADMIN, json={**draft(published=True, CCs=["BR"]), "id": key})
    assert (search(desk, None, "?country_code=IR"), search(desk, None, "?country_code=BR")) == ([], [key])


def test_of_two_edits_at_once_one_wins(desk: Desk) -> None:
    key = create(desk)
    edits = [
        ("POST", f"{API}/update", ADMIN, {"json": {**draft(title=f"edit {n}"), "id": key}}) for n in range(8)
    ]
    answers = desk.send_all(edits)
    won = [n for n, answer in enumerate(answers) if answer.status_code == 200]
    assert won
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert show(desk, key, ADMIN)["title"] in {f"edit {n}" for n in won}
    for answer in answers:
        if answer.status_code == 409:
            assert "changed" in answer.json()["error"]


def test_an_edit_of_what_has_changed_is_refused(desk: Desk) -> None:
    key = create(desk)
    seen = desk.send("GET", f"{API}/show/{key}", ADMIN).headers["etag"]
    edit = {**draft(title="mine"), "id": key}
    assert post(desk, "update", ADMIN, edit, headers={"If-Match": seen}).status_code == 200
    for action in ("update", "delete", "publish"):
        for etag in (seen, '"nonsense"', "x", '"' + "9" * 100 + '"'):
            late = post(desk, action, ADMIN, {**edit, "title": "theirs"}, headers={"If-Match": etag})
            assert late.status_code == 409
    assert show(desk, key, ADMIN)["title"] == "mine"
    assert post(desk, "delete", ADMIN, edit, headers={"If-Match": "*"}).status_code == 200


def test_many_titles_alike_at_once(desk: Desk) -> None:
    answers = desk.send_all([("POST", f"{API}/create", ADMIN, {"json": draft()}) for _ in range(6)])
    assert {answer.status_code for answer in answers} == {200}
    assert len({one["slug"] for one in desk.ok("GET", f"{API}/search", ADMIN)["incidents"]}) == 6


HOSTILE = [
    "<script>alert(1)</script>",
    "[x](javascript:alert(1))",
    "'; DROP TABLE finding; --",
    "\u202e\u0000"[:1],
]


def test_text_is_kept_and_shown_raw(desk: Desk) -> None:
    for text in HOSTILE:
        key = create(desk, published=True, text=text, title=text, tags=[text], links=[text])
        answer = desk.send("GET", f"{API}/show/{key}")
        assert answer.headers["content-type"] == "application/json"
        found = answer.json()["incident"]
        assert (found["text"], found["title"], found["tags"], found["links"]) == (text, text, [text], [text])
