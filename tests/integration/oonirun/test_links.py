"""OONI Run links (management contract 3), on both engines."""

import json
from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import event, select

from oonib.records import Records
from oonib.records.tables import Counter, OoniRunLink, OoniRunNettest, OoniRunRevision

from support.goclient import ANY, BOOL, STRING, TIME, GoError, ListOf, MapOf, read
from support.people import ADMIN, NOW, OTHER, USER, Desk

API = "/api/v2/oonirun/links"
LINK = {
    "author", "color", "date_created", "date_updated", "description", "description_intl", "expiration_date",
    "icon", "is_expired", "is_mine", "name", "name_intl", "nettests", "oonirun_link_id", "revision",
    "short_description", "short_description_intl",
}  # fmt: skip
NETTEST = {
    "inputs": ListOf(STRING),
    "inputs_extra": ListOf(MapOf(ANY)),
    "options": MapOf(ANY),
    "test_name": STRING,
    "targets_name": STRING,
    "is_background_run_enabled": BOOL,
    "is_manual_run_enabled": BOOL,
}
DESCRIPTOR = {"revision": STRING, "date_created": TIME, "nettests": ListOf(NETTEST)}
PROBE = {
    "run_type": "manual",
    "is_charging": True,
    "probe_asn": "AS30722",
    "probe_cc": "IT",
    "network_type": "wifi",
    "website_category_codes": [],
}
WEBSITES = {"test_name": "web_connectivity", "targets_name": "websites_list_prioritized"}


def nettest(**values: Any) -> dict[str, Any]:
    return {
        "test_name": "web_connectivity",
        "inputs": ["https://example.com/", "https://ooni.org/"],
        "options": {},
        "is_background_run_enabled_default": False,
        "is_manual_run_enabled_default": False,
        "targets_name": None,
        "inputs_extra": None,
        **values,
    }


def fields(**values: Any) -> dict[str, Any]:
    return {
        "name": "My link",
        "short_description": "What it measures",
        "description": "In *many* words",
        "author": USER,
        "nettests": [nettest()],
        **values,
    }


def create(desk: Desk, who: str = USER, **values: Any) -> dict[str, Any]:
    made: dict[str, Any] = desk.ok("POST", API, who, json=fields(**{"author": who, **values}))
    return made


def edit(desk: Desk, key: str, who: str | None = USER, **values: Any) -> httpx.Response:
    return desk.send("PUT", f"{API}/{key}", who, json=fields(**values))


def engine(desk: Desk, key: str, revision: str = "latest", **probe: Any) -> httpx.Response:
    return desk.send("POST", f"{API}/{key}/engine-descriptor/{revision}", json={**PROBE, **probe})


def test_a_new_link(desk: Desk) -> None:
    made = create(
        desk, color="#0588CB", icon="FaBeer", name_intl={"it": "Il mio"}, description_intl={}, unknown=1
    )
    assert set(made) == LINK
    assert made["oonirun_link_id"] == "10000"
    assert (made["revision"], made["is_mine"], made["is_expired"]) == ("1", True, False)
    assert made["nettests"] == [nettest()]
    assert made["date_created"] == made["date_updated"] == "2026-03-02T10:30:00.000000Z"
    assert made["expiration_date"] == "2026-08-29T10:30:00.000000Z"
    assert (made["color"], made["icon"], made["name_intl"]) == ("#0588CB", "FaBeer", {"it": "Il mio"})
    assert (made["description_intl"], made["short_description_intl"]) == ({}, None)
    assert desk.ok("GET", f"{API}/10000?revision=7", USER) == made
    assert desk.ok("GET", f"{API}/10000/full-descriptor/latest", USER) == made
    assert desk.ok("GET", API, USER) == {"oonirun_links": [made]}
    for who in (None, OTHER, ADMIN):
        assert desk.ok("GET", f"{API}/10000", who) == {**made, "is_mine": False}


def test_ids_are_never_given_again(desk: Desk) -> None:
    assert [create(desk)["oonirun_link_id"] for _ in range(3)] == ["10000", "10001", "10002"]
    with desk.records.write() as session:
        session.delete(session.get_one(OoniRunLink, "10002"))
    assert desk.send("POST", API, USER, json=fields(name="")).status_code == 422
    assert create(desk)["oonirun_link_id"] == "10003"
    at_once = desk.send_all([("POST", API, USER, {"json": fields()}) for _ in range(8)])
    given = {one.json()["oonirun_link_id"] for one in at_once}
    assert given == {str(number) for number in range(10_004, 10_012)}


BAD = [
    {"name": "a"}, {"name": "a" * 51}, {"name": None}, {"name": 12}, {"name": "a\0b"}, {"name": "a\ud800"},
    {"short_description": "a"}, {"short_description": "a" * 201}, {"description": "a"}, {"author": ""},
    {"author": "a" * 101}, {"name_intl": {"it": ""}}, {"name_intl": {"it": "a"}}, {"name_intl": {"it": None}},
    {"name_intl": []}, {"name_intl": {"\ud800": "ab"}}, {"name_intl": {"a\0": "ab"}},
    {"description_intl": {"it": "\0\0"}},
    {"color": "red"}, {"color": "#12345"}, {"color": "#1234567"}, {"color": "#12345g"},
    {"color": "#123456\n"},
    {"icon": 1}, {"expiration_date": "never"}, {"expiration_date": "0001-01-01T00:00:00+14:00"},
    {"expiration_date": "9999-12-31T23:59:59Z"}, {"expiration_date": 1e300}, {"nettests": []},
    {"nettests": None},
    {"nettests": [None]}, {"nettests": [{}]}, {"nettests": [nettest()] * 501},
]  # fmt: skip
BAD_NETTESTS = [
    {"test_name": ""}, {"test_name": "a"}, {"test_name": "a" * 101}, {"test_name": None},
    {"test_name": "ab\0"},
    {"inputs": "https://example.com/"}, {"inputs": [None]}, {"inputs": [1]}, {"inputs": ["\0"]},
    {"inputs": ["\udfff"]},
    {"options": None}, {"options": []}, {"options": {"a": 10**19}}, {"options": {"a": float("nan")}},
    {"options": {"a": float("inf")}}, {"options": {"a": 1e300}}, {"options": {"a": ["\0"]}},
    {"options": {"\0": 1}},
    {"options": {"a": "\ud800"}}, {"inputs_extra": [{}]}, {"inputs_extra": [{}, {}, {}]},
    {"inputs_extra": []},
    {"inputs": None, "inputs_extra": []}, {"inputs_extra": [{}, None]}, {"inputs_extra": [{}, {"a": 2**63}]},
    {"is_background_run_enabled_default": None}, {"is_manual_run_enabled_default": "perhaps"},
    {"targets_name": "x"}, {"targets_name": "x", "inputs": []},
    {"targets_name": "x", "inputs": [], "inputs_extra": []}, {"targets_name": 1, "inputs": None},
]  # fmt: skip


def deep(levels: int) -> dict[str, Any]:
    value: dict[str, Any] = {}
    for _ in range(levels):
        value = {"a": value}
    return value


def test_what_is_no_link(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    bad = BAD + [{"nettests": [nettest(**one)]} for one in [*BAD_NETTESTS, {"options": deep(30)}]]
    for one in bad:
        for answer in (desk.send("POST", API, USER, json=fields(**one)), edit(desk, key, **one)):
            assert answer.status_code == 422, (one, answer.text)
            assert isinstance(answer.json()["error"], str)
    listed = desk.ok("GET", API)["oonirun_links"]
    assert [(one["oonirun_link_id"], one["revision"]) for one in listed] == [(key, "1")]


def test_bodies_that_are_none(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    for method, url, who in (
        ("POST", API, USER),
        ("PUT", f"{API}/{key}", USER),
        ("POST", f"{API}/{key}/engine-descriptor/latest", None),
    ):
        for raw in (b"", b"null", b"[]", b"1", b"{", b"\xff", b"[" * 100_000, b'{"a":' + b"1" * 5000 + b"}"):
            headers = {"Content-Type": "application/json"}
            answer = desk.send(method, url, who, content=raw, headers=headers)
            assert answer.status_code in (400, 422), (raw[:10], answer.text)
        answer = desk.send(method, url, who, content=b"x" * (2**20 + 1), headers=headers)
        assert answer.status_code == 413


def test_who_may_write(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    for method, url in (("POST", API), ("PUT", f"{API}/{key}")):
        for headers in ({}, {"Authorization": "Bearer undefined"}):
            refused = desk.send(method, url, headers=headers, content=b"{broken")
            assert (refused.status_code, refused.json()["error"]) == (401, "Authentication required")
    for who in (USER, ADMIN):
        assert desk.send("POST", API, who, json=fields(author=OTHER)).status_code == 400
    missing = {name: value for name, value in fields().items() if name != "author"}
    assert desk.send("POST", API, USER, json=missing).status_code == 422
    # A token of an older service names nobody who could be the author.
    headers = {"Authorization": f"Bearer {desk.token(None)}"}
    assert desk.send("POST", API, json=fields(), headers=headers).status_code == 400


def test_who_may_edit_and_what_is_looked_at_first(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    conflict = [nettest(targets_name="x")]
    assert edit(desk, "1", author=OTHER, nettests=conflict).status_code == 422
    assert edit(desk, "1", author=OTHER).status_code == 403
    assert edit(desk, "1").status_code == 404
    strangers = edit(desk, key, OTHER, author=OTHER)
    assert (strangers.status_code, strangers.json()["error"]) == (404, "OONI Run link not found")
    by_admin = edit(desk, key, ADMIN, author="new@news.example", name="By an admin")
    assert by_admin.status_code == 200
    assert (by_admin.json()["author"], by_admin.json()["is_mine"]) == ("new@news.example", False)
    assert desk.ok("GET", f"{API}/{key}", USER)["is_mine"] is True
    archived = edit(desk, key, expiration_date="2026-03-02T10:29:59Z")
    assert (archived.status_code, archived.json()["is_expired"]) == (200, True)
    for who, author in ((USER, USER), (ADMIN, ADMIN)):
        late = edit(desk, key, who, author=author)
        assert late.status_code == 403
        assert late.json()["error"] == "OONI Run link has expired and cannot be edited"


def test_only_other_nettests_make_a_revision(desk: Desk) -> None:
    start = [nettest(inputs_extra=[{"a": 1}, {"b": [1.5, None]}], options={"x": 1, "y": 1e16})]
    key = create(desk, nettests=start)["oonirun_link_id"]
    same = {
        "name": "Another", "short_description": "Another", "description": "Another", "icon": "x",
        "color": "#000000",
        "name_intl": {"de": "Anders"}, "expiration_date": "2027-01-01T00:00:00+02:00",
        "short_description_intl": {},
    }  # fmt: skip
    for number, (name, value) in enumerate(same.items(), 1):
        desk.clock = NOW + timedelta(minutes=number)
        changed = edit(desk, key, nettests=start, **{name: value}).json()
        assert (changed["revision"], changed["date_created"]) == ("1", "2026-03-02T10:30:00.000000Z"), name
        assert changed["date_updated"] == f"2026-03-02T10:{30 + number}:00.000000Z"
        assert changed["nettests"] == start
    assert changed["expiration_date"] != "2026-12-31T22:00:00.000000Z"  # all fields are replaced
    (first,) = start
    others: list[list[dict[str, Any]]] = [
        [{**first, "test_name": "signal"}],
        [{**first, "options": {"x": True, "y": 1e16}}],
        [nettest(inputs=[])],
        [nettest(inputs=None)],
        [nettest(is_background_run_enabled_default=True)],
        [nettest(is_manual_run_enabled_default=True)],
        [nettest(targets_name="x", inputs=None)],
        [nettest(), nettest(test_name="signal")],
        [nettest(test_name="signal"), nettest()],
        [{**first, "inputs_extra": [{"a": 1}, {}]}],
        start,
    ]
    for number, nettests in enumerate(others, 2):
        assert edit(desk, key, nettests=nettests).json()["revision"] == str(number)
        assert edit(desk, key, nettests=nettests).json()["revision"] == str(number)
    newest = len(others) + 1
    assert desk.ok("GET", f"{API}/{key}/revisions") == {
        "revisions": [str(number) for number in range(newest, 0, -1)]
    }
    for number, nettests in enumerate([start, *others], 1):
        found = desk.ok("GET", f"{API}/{key}/full-descriptor/{number}")
        assert (found["revision"], found["nettests"]) == (str(number), nettests)


def test_when_what_came_to_be(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    desk.clock = NOW + timedelta(days=1)
    changed = edit(desk, key, name="Anew", nettests=[nettest(test_name="signal")]).json()
    first, second = "2026-03-02T10:30:00.000000Z", "2026-03-03T10:30:00.000000Z"
    assert (changed["date_created"], changed["date_updated"]) == (first, second)
    (listed,) = desk.ok("GET", API)["oonirun_links"]
    assert listed["date_created"] == first
    assert desk.ok("GET", f"{API}/{key}")["date_created"] == second
    old = desk.ok("GET", f"{API}/{key}/full-descriptor/1")
    assert (old["date_created"], old["date_updated"], old["name"]) == (first, second, "Anew")
    for revision, created in (("1", first), ("2", second), ("latest", second)):
        assert engine(desk, key, revision).json()["date_created"] == created


def test_lists(desk: Desk) -> None:
    keys = [create(desk, who, color="#abcdef")["oonirun_link_id"] for who in (USER, OTHER, USER)]
    desk.ok("PUT", f"{API}/{keys[0]}", USER, json=fields(expiration_date="2026-01-01"))
    mine, other, theirs = keys[2], keys[1], [keys[1], keys[2]]
    for query, who, expected in (
        ("", None, theirs),
        ("?is_expired=true", None, keys),
        ("?is_expired=false", ADMIN, theirs),
        ("?is_mine=true", None, []),
        ("?is_mine=true&is_expired=true", None, []),
        ("?is_mine=true", USER, [mine]),
        ("?is_mine=true&is_expired=true", USER, [keys[0], mine]),
        ("?is_mine=true", OTHER, [other]),
        ("?is_mine=true", ADMIN, []),
    ):
        found = desk.ok("GET", f"{API}{query}", who)["oonirun_links"]
        assert [one["oonirun_link_id"] for one in found] == expected, (query, who)
        assert all(one["nettests"] and set(one) == LINK for one in found)
    assert found == []
    assert {one["color"] for one in desk.ok("GET", API)["oonirun_links"]} == {"#abcdef"}
    assert desk.send("GET", f"{API}?is_mine=perhaps").status_code == 422


def test_expiry(desk: Desk) -> None:
    key = create(desk, expiration_date="2026-03-02T12:00:00+01:00")["oonirun_link_id"]
    assert desk.ok("GET", f"{API}/{key}")["is_expired"] is False
    desk.clock = NOW + timedelta(hours=1)
    assert desk.ok("GET", f"{API}/{key}")["is_expired"] is True
    assert desk.ok("GET", API)["oonirun_links"] == []
    assert engine(desk, key).status_code == 200
    assert desk.ok("GET", f"{API}/{key}/full-descriptor/1")["is_expired"] is True
    past = create(desk, expiration_date=0)
    assert (past["is_expired"], past["expiration_date"]) == (True, "1970-01-01T00:00:00.000000Z")


def test_what_is_not_there(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    ids = (
        "1",
        "0",
        "x",
        "%00",
        "%ff",
        "-1",
        "9" * 30,
        "9" * 5000,
        "٣",
        "1e4",
        "latest",
        "10000%00",
        " 10000",
        "..%2f",
    )
    for one in ids:
        for path in ("", "/revisions", "/full-descriptor/latest", "/full-descriptor/1"):
            answer = desk.send("GET", f"{API}/{one}{path}")
            assert answer.status_code == 404, (one, path)
        assert engine(desk, one).status_code == 404
        assert edit(desk, one).status_code == 404
    for revision, status in (
        ("0", 404), ("2", 404), ("00", 404), ("9" * 9, 404), ("9" * 10, 404), ("9" * 5000, 404), ("x", 422),
        ("-1", 422), ("1.0", 422), ("LATEST", 422), ("%00", 422), ("1%00", 422), ("٣", 422), ("+1", 422),
        (" 1", 422),
    ):  # fmt: skip
        assert desk.send("GET", f"{API}/{key}/full-descriptor/{revision}").status_code == status, revision
        assert engine(desk, key, revision).status_code == status, revision


def test_of_two_edits_at_once_one_wins(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    edits = [
        (
            "PUT",
            f"{API}/{key}",
            USER,
            {"json": fields(name=f"edit {n}", nettests=[nettest(options={"n": n})])},
        )
        for n in range(8)
    ]
    answers = desk.send_all(edits)
    won = [answer.json() for answer in answers if answer.status_code == 200]
    assert {answer.status_code for answer in answers} <= {200, 409}
    assert all("changed" in answer.json()["error"] for answer in answers if answer.status_code == 409)
    # Nobody's edit is lost: each that won has a revision of its own, which says what it said.
    assert sorted(int(one["revision"]) for one in won) == list(range(2, len(won) + 2))
    for one in won:
        found = desk.ok("GET", f"{API}/{key}/full-descriptor/{one['revision']}")
        assert found["nettests"] == one["nettests"]


def test_an_engine_descriptor(desk: Desk) -> None:
    extra = [nettest(inputs_extra=[{"a": 1}, {"b": "x"}]), nettest(test_name="signal", inputs=None)]
    key = create(desk, nettests=extra)["oonirun_link_id"]
    answer = engine(desk, key)
    assert read(answer, DESCRIPTOR)["nettests"][0]["inputs"] == nettest()["inputs"]
    assert set(answer.json()) == {"revision", "date_created", "nettests"}
    assert answer.json()["nettests"] == extra
    assert desk.urls.asked == []
    with pytest.raises(GoError):
        read(engine(desk, "1"), DESCRIPTOR)


def test_inputs_of_now(desk: Desk) -> None:
    key = create(desk, nettests=[WEBSITES, nettest(test_name="signal", inputs=None)])["oonirun_link_id"]
    read(engine(desk, key), DESCRIPTOR)
    dynamic, static = engine(desk, key, probe_cc="it", website_category_codes=["NEWS", "humr"]).json()[
        "nettests"
    ]
    assert dynamic == {
        **nettest(targets_name=WEBSITES["targets_name"]),
        "inputs": ["https://site0.example/", "https://site1.example/", "https://site2.example/"],
        "inputs_extra": [{"category_code": "NEWS", "country_code": cc} for cc in ("XX", "IT", "XX")],
    }
    assert static["inputs"] is None
    assert desk.urls.asked[-1] == ("IT", 30722, frozenset({"NEWS", "HUMR"}), 9999)
    for run_type, charging, limit in (("timed", True, 100), ("timed", False, 20), ("manual", False, 9999)):
        assert engine(desk, key, run_type=run_type, is_charging=charging, probe_asn="0").status_code == 200
        assert desk.urls.asked[-1] == ("IT", 0, frozenset(), limit)
    asked = len(desk.urls.asked)
    none = engine(desk, key, website_category_codes=["!"]).json()["nettests"][0]
    assert (none["inputs"], none["inputs_extra"], len(desk.urls.asked)) == ([], [], asked)
    for path in ("", "/full-descriptor/latest"):
        shown = desk.ok("GET", f"{API}/{key}{path}")["nettests"][0]
        assert (shown["inputs"], shown["inputs_extra"], shown["targets_name"]) == (
            None,
            None,
            WEBSITES["targets_name"],
        )


def test_targets_that_nobody_knows(desk: Desk) -> None:
    key = create(desk, nettests=[nettest(inputs=None, targets_name="everything")])["oonirun_link_id"]
    answer = engine(desk, key)
    assert (answer.status_code, answer.json()["error"]) == (400, "unknown targets_name")


def test_no_link_makes_answers_without_end(desk: Desk) -> None:
    key = create(desk, nettests=[WEBSITES] * 500)["oonirun_link_id"]
    assert len(engine(desk, key).json()["nettests"]) == 500
    ((_, _, _, limit),) = desk.urls.asked
    assert 0 < limit * 500 <= 4 * 9999


def test_what_is_no_probe(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    bad = [
        {"run_type": "x"}, {"run_type": None}, {"is_charging": None}, {"is_charging": "perhaps"},
        {"probe_asn": "ASx"},
        {"probe_asn": "AS"}, {"probe_asn": "AS12345678901"}, {"probe_asn": 1}, {"probe_asn": "AS1\n"},
        {"probe_asn": "AS٣"},
        {"probe_cc": "ITA"}, {"probe_cc": ""}, {"probe_cc": None}, {"probe_cc": "1T"}, {"probe_cc": "I\0"},
        {"network_type": "carrier pigeon"}, {"website_category_codes": None},
        {"website_category_codes": "NEWS"},
        {"website_category_codes": [1]}, {"website_category_codes": ["NEWS"] * 1001},
    ]  # fmt: skip
    for one in bad:
        assert engine(desk, key, **one).status_code == 422, one
    for name in PROBE:
        body = {key: value for key, value in PROBE.items() if key != name}
        answer = desk.send("POST", f"{API}/{key}/engine-descriptor/latest", json=body)
        assert answer.status_code == (200 if name == "website_category_codes" else 422), name
    for kind in ("vpn", "wifi", "mobile", "wired_ethernet", "no_internet", "bluetooth", "usb", "unknown"):
        assert engine(desk, key, network_type=kind, probe_asn="30722").status_code == 200


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/x-www-form-urlencoded", ""])
def test_whatever_the_body_is_called(desk: Desk, kind: str) -> None:
    url = f"{API}/{create(desk)['oonirun_link_id']}/engine-descriptor/latest"
    headers = {"Content-Type": kind}
    good = desk.send("POST", url, content=json.dumps(PROBE).encode(), headers=headers)
    assert good.status_code == 200, good.text
    for content in (b"", b"{", b"[]", b"null", b"\xff", b'{"run_type":', b"[" * 5000):
        assert desk.send("POST", url, content=content, headers=headers).status_code in (400, 422), content


AGENTS = {
    "ooniprobe-android,3.8.2,android,ooniprobe-engine,3.17.2,ooniprobe-engine_1.2.3": 200,
    "ooniprobe-desktop,3.8.2,Mac OS,ooniprobe-engine,3.17.2,3.17.2": 200,
    **dict.fromkeys(("ooniprobe", "", ",,,,,", "a,b,c,d,e", "a,b,c,d,e,f,g", "a,<>,c,d,e,f"), 422),
    "a" * 5000 + ",b,c,d,e,f": 422,
}


def test_what_a_probe_says_it_is(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    url = f"{API}/{key}/engine-descriptor/latest"
    for agent, status in AGENTS.items():
        headers = {
            "UserAgent": agent,
            "User-Agent": "<any>",
            "X-OONI-Credentials": "!!",
            "Authorization": "Bearer x",
        }
        assert desk.send("POST", url, json=PROBE, headers=headers).status_code == status, agent


def test_reads_cost_the_same_with_many_revisions(desk: Desk) -> None:
    key = create(desk)["oonirun_link_id"]
    rows: list[int] = []

    def note(_c: Any, cursor: Any, *_rest: Any) -> None:
        del cursor
        rows.append(1)

    def reads() -> int:
        rows.clear()
        for path in ("", "/revisions", "/full-descriptor/latest", "/full-descriptor/1"):
            desk.ok("GET", f"{API}/{key}{path}")
        desk.ok("GET", API)
        engine(desk, key)
        return len(rows)

    event.listen(desk.records.engine, "after_cursor_execute", note)
    before = reads()
    for number in range(20):
        edit(desk, key, nettests=[nettest(options={"n": number})])
    assert reads() == before
    event.remove(desk.records.engine, "after_cursor_execute", note)
    with desk.records.read() as session:
        assert len(session.scalars(select(OoniRunRevision)).all()) == 21
        assert len(session.scalars(select(OoniRunNettest)).all()) == 21
        assert session.get_one(Counter, "oonirun_link").next == 10_001


def test_a_probe_is_served_while_the_database_is_away(desk: Desk) -> None:
    known, unknown = (create(desk)["oonirun_link_id"] for _ in range(2))
    before = engine(desk, known).json()
    here, away = desk.records.engine, Records.open("postgresql+psycopg://x@127.0.0.1:9/x?connect_timeout=2")
    desk.records.engine = away.engine
    try:
        assert engine(desk, known).json() == before
        assert engine(desk, unknown).status_code == 503
        assert desk.send("GET", f"{API}/{known}").status_code == 503
    finally:
        desk.records.engine = here
        away.close()
    assert engine(desk, unknown).status_code == 200
