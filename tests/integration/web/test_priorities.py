"""Pages of priorities over a real ClickHouse: what they say a probe gets is what it gets."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from oonib.checkin.prioritisation import Rule
from oonib.warehouse.client import Warehouse
from oonib.warehouse.migrations import migrate

from support.checkin import Probes, emptied, entry
from support.clickhouse import EmbeddedServer
from support.memberpages import ADMIN, HOSTILE, World, forms, problems

EDIT = "/priorities/edit"


@pytest.fixture(scope="module")
def clickhouse() -> Iterator[Warehouse]:
    with EmbeddedServer() as server:
        warehouse = Warehouse.connect(server.url)
        migrate(warehouse)
        yield warehouse
        warehouse.close()


@pytest.fixture
def probes(tmp_path: Path, clickhouse: Warehouse) -> Iterator[Probes]:
    emptied(clickhouse)
    made = Probes(tmp_path / "probes", clickhouse)
    made.list_entries([entry(1), entry(2, "FILE"), entry(3, "GRP", "IT"), entry(4, "NEWS", "BR")])
    made.measured({"https://site1.example/": 10})
    for category, priority in (("NEWS", 100), ("FILE", 40), ("GRP", 30)):
        made.rule(priority, category_code=category)
    yield made
    made.close()


@pytest.fixture
def world(probes: Probes) -> World:
    return World(probes.records, prioritisation=probes.prioritisation)


def test_the_rules_are_for_everybody(world: World) -> None:
    nobody = world.nobody()
    assert [one["priority"] for one in nobody.json("/priorities")["rules"]] == [100, 40, 30]
    assert [one["priority"] for one in nobody.json("/priorities?q=file")["rules"]] == [40]
    page = nobody.get("/priorities")
    assert "News Media" in page.text
    assert "/priorities/edit" not in page.text


def test_the_preview_is_what_a_probe_gets(world: World, probes: Probes) -> None:
    told = world.nobody().json("/priorities/preview?cc=it&asn=30722")
    assert [one["url"] for one in told["urls"]] == probes.urls("IT", 30722)
    debug = probes.get("/api/_/debug_prioritization", probe_cc="IT", probe_asn="30722")
    known = {one["url"]: one for one in debug["test_items"]}
    for one in told["urls"]:
        there = known[one["url"]]
        assert (one["priority"], one["measured"], one["weight"]) == (
            there["priority"],
            there["msmt_cnt"],
            pytest.approx(there["weight"]),
        )
        assert [rule["priority"] for rule in one["rules"]] == [one["priority"]]
    assert told["listed"] == 3
    page = world.nobody().get("/priorities/preview?cc=it&asn=30722").text
    assert "What a probe in Italy, AS30722 gets" in page
    assert page.index("site2") < page.index("site3") < page.index("site1")


@pytest.mark.parametrize(
    "query", ["cc=xyz", "cc=1", "asn=5", "cc=IT&asn=x", "cc=IT&asn=ASAS1", "cc=%C3%A4%C3%A4"]
)
def test_what_is_no_network(world: World, query: str) -> None:
    answer = world.nobody().get(f"/priorities/preview?{query}")
    assert answer.status_code == 422
    assert "The " in problems(answer)


def test_a_rule_is_changed_and_the_page_says_what_that_does(world: World, probes: Probes) -> None:
    admin = world.browser(ADMIN)
    path = f"{EDIT}?category_code=FILE&cc=*&domain=*&url=*&priority=40"
    seen = admin.fill(path, new_priority="2", at_cc="it", at_asn="30722", action="preview")
    assert seen.status_code == 200, problems(seen)
    assert "What would change" in seen.text
    assert probes.urls("IT", 30722)[0] == "https://site2.example/"
    saved = admin.fill(path, new_priority="2", at_cc="it", at_asn="30722", action="save")
    assert "The rule is changed" in admin.follow(saved).text
    told = world.nobody().json(saved.headers["location"])
    moved = {one["url"]: one for one in told["moved"]}
    assert moved["https://site2.example/"] == {
        "url": "https://site2.example/",
        "category_code": "FILE",
        "before": 1,
        "after": 2,
        "priority_before": 40,
        "priority_after": 2,
    }
    assert (moved["https://site3.example/"]["before"], moved["https://site3.example/"]["after"]) == (2, 1)
    assert "https://site1.example/" not in moved
    assert [one["url"] for one in told["urls"]] == probes.urls("IT", 30722)
    assert world.rules.rules() == (
        Rule("FILE", "*", "*", "*", 2),
        Rule("GRP", "*", "*", "*", 30),
        Rule("NEWS", "*", "*", "*", 100),
    )


def test_rules_are_added_and_removed(world: World, probes: Probes) -> None:
    admin = world.browser(ADMIN)
    added = admin.fill(
        EDIT, new_domain="site1.example", new_cc="it", new_priority="-100", at_cc="it", action="save"
    )
    assert "The rule is added" in admin.follow(added).text
    assert "https://site1.example/" not in probes.urls("IT", 30722)
    path = f"{EDIT}?category_code=*&cc=IT&domain=site1.example&url=*&priority=-100"
    removed = admin.fill(path, action="remove")
    assert removed.headers["location"] == "/priorities?done=rule-removed"
    assert "https://site1.example/" in probes.urls("IT", 30722)
    # Somebody removed it already: said, and nothing else happens.
    again = admin.post(EDIT, {**forms(admin.get(path), EDIT)[0], "action": "remove"})
    assert again.status_code == 404
    assert "The rule was not found" in problems(again)


@pytest.mark.parametrize(
    ("fields", "status", "says"),
    [
        ({"new_priority": ""}, 422, "Priority : This is no whole number"),
        ({"new_priority": "1.5"}, 422, "Priority : This is no whole number"),
        ({"new_priority": "99999999999"}, 422, "Priority : This number is out of range"),
        ({"new_url": "a\0b", "new_priority": "1"}, 422, "URL : a text with a NUL character"),
        ({"new_category_code": "NEWS", "new_priority": "5"}, 400, "There is a rule for the same already"),
    ],
)
def test_what_is_wrong_stands_beside_what_was_typed(
    world: World, fields: dict[str, str], status: int, says: str
) -> None:
    answer = world.browser(ADMIN).fill(EDIT, **{"new_domain": "*", **fields, "action": "save"})
    assert answer.status_code == status
    assert says in " ".join(problems(answer).split())
    kept = forms(answer, EDIT)[0]
    assert all(kept[name] == value for name, value in fields.items() if "\0" not in value)
    assert len(world.rules.rules()) == 3


def test_only_admins_change_rules(world: World) -> None:
    user = world.browser()
    mark = forms(user.get("/account"), "/account")[0]["mark"]
    fields = {"new_priority": "5", "new_domain": "x.example", "action": "save", "mark": mark}
    assert user.post(EDIT, fields).status_code == 403
    assert world.nobody().post(EDIT, fields).status_code == 401
    assert len(world.rules.rules()) == 3


def test_hostile_text_is_text(world: World, probes: Probes) -> None:
    probes.list_entries([("x.example", f"https://x.example/{HOSTILE}", "ZZ", "NEWS")])
    world.rules.update(None, Rule("*", "*", HOSTILE, HOSTILE, 7), "admin")
    for page in (
        world.nobody().get("/priorities"),
        world.browser(ADMIN).get("/priorities"),
        world.nobody().get("/priorities/preview?cc=IT"),
        world.nobody().get("/priorities/preview?cc=%3Cscript%3Ealert(1)"),
        world.browser(ADMIN).get(f"{EDIT}?domain=%3Cscript%3Ealert(1)%3C/script%3E&priority=7"),
    ):
        assert page.status_code in (200, 422)
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert "default-src 'none'" in page.headers["content-security-policy"]


def test_rules_are_shown_while_clickhouse_is_away(tmp_path: Path) -> None:
    away = Probes(tmp_path / "probes", Warehouse.connect("http://default:x@127.0.0.1:9/ooni"))
    away.rule(100, category_code="NEWS")
    world = World(away.records, prioritisation=away.prioritisation)
    assert len(world.nobody().json("/priorities")["rules"]) == 1
    answer = world.nobody().get("/priorities/preview?cc=IT")
    assert answer.status_code == 200
    assert "This cannot be told just now" in answer.text
    away.close()
