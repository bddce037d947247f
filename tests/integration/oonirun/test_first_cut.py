"""The first cut of OONI Run (management contract 3.6), on both engines and under both prefixes."""

from datetime import timedelta
from typing import Any

import pytest

from support.people import ADMIN, NOW, OTHER, USER, Desk

PREFIXES = ["/api/v1/ooni_run", "/api/_/ooni_run"]


def descriptor(**values: Any) -> dict[str, Any]:
    return {
        "name": "My link",
        "name_intl": {"it": "Il mio"},
        "short_description": "short",
        "author": "somebody",
        "icon": "x",
        "nettests": [{"test_name": "web_connectivity", "inputs": ["https://example.com/"], "odd": [1, None]}],
        "anything": {"else": True},
        **values,
    }


@pytest.fixture(params=PREFIXES)
def api(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def create(desk: Desk, api: str, who: str = USER, query: str = "", **values: Any) -> int:
    desk.clock += timedelta(milliseconds=5)
    answer = desk.ok("POST", f"{api}/create{query}", who, json=descriptor(**values))
    assert set(answer) == {"v", "ooni_run_link_id"}
    return int(answer["ooni_run_link_id"])


def listed(desk: Desk, api: str, query: str = "", who: str | None = None) -> list[int]:
    answer = desk.ok("GET", f"{api}/list{query}", who)
    assert answer["v"] == 1
    return [one["ooni_run_link_id"] for one in answer["descriptors"]]


def test_create_fetch_archive(desk: Desk, api: str) -> None:
    desk.clock = NOW
    key = create(desk, api)
    first = desk.ok("GET", f"{api}/fetch/{key}", USER)
    created = "2026-03-02T10:30:00.659000Z"
    assert first == {
        "archived": False,
        "descriptor": descriptor(),
        "descriptor_creation_time": created,
        "translation_creation_time": created,
        "mine": True,
        "v": 1,
    }
    # Other texts are a new translation of the same version, other nettests a new version.
    assert create(desk, api, query=f"?ooni_run_link_id={key}", name="Anew") == key
    second = desk.ok("GET", f"{api}/fetch/{key}")
    assert (second["descriptor"]["name"], second["mine"]) == ("Anew", False)
    assert (second["descriptor_creation_time"], second["translation_creation_time"]) == (
        created,
        "2026-03-02T10:30:00.664000Z",
    )
    for changed in ({"nettests": []}, {"author": "else"}, {"icon": "y"}):
        create(desk, api, query=f"?ooni_run_link_id={key}", **changed)
    assert listed(desk, api) == [key] * 4
    assert listed(desk, api, "?only_latest=True") == [key]
    old = desk.ok("GET", f"{api}/fetch/{key}?creation_time=2026-03-02T10:30:00.659Z")
    assert old["descriptor"]["name"] == "Anew"
    (entry,) = desk.ok("GET", f"{api}/list?only_latest=1", USER)["descriptors"]
    assert set(entry) == {
        "archived", "author", "descriptor_creation_time", "icon", "mine", "name", "ooni_run_link_id",
        "short_description", "translation_creation_time",
    }  # fmt: skip
    assert (entry["mine"], entry["icon"], entry["author"]) == (True, "y", "somebody")
    for who, archived in ((OTHER, False), (USER, True)):
        assert desk.ok("POST", f"{api}/archive/{key}", who) == {"v": 1}
        assert (listed(desk, api) == []) is archived
    assert listed(desk, api, "?include_archived=False") == [key] * 4
    assert listed(desk, api, "?include_archived=") == []
    assert desk.ok("GET", f"{api}/fetch/{key}")["archived"] is True
    assert desk.ok("POST", f"{api}/archive/1", USER) == {"v": 1}


def test_lists_and_owners(desk: Desk, api: str) -> None:
    keys = [create(desk, api, who) for who in (USER, OTHER, USER)]
    for query, who, expected in (
        ("", None, keys),
        (f"?ooni_run_link_id={keys[0]},{keys[2]}", None, [keys[0], keys[2]]),
        ("?ooni_run_link_id=1", None, []),
        ("?ids=1", None, keys),
        ("?only_mine=true", USER, [keys[0], keys[2]]),
        ("?only_mine=false", USER, keys),
        ("?only_mine=true", None, []),
    ):
        assert listed(desk, api, query, who) == expected, query
    desk.ok("POST", f"{api}/archive/{keys[0]}", ADMIN)
    assert listed(desk, api) == keys[1:]
    for who in (OTHER, ADMIN):
        refused = desk.send("POST", f"{api}/create?ooni_run_link_id={keys[0]}", who, json=descriptor())
        assert (refused.status_code, refused.json()["error"]) == (400, "OONIRun descriptor not found")


def test_bad_input(desk: Desk, api: str) -> None:
    key = create(desk, api)
    for bad, status in (
        ({"name": ""}, 400), ({"name": None}, 400), ({"name": 1}, 400), ({"author": []}, 400),
        ({"icon": None}, 400),
        ({"name_intl": {"it": ""}}, 400), ({"x": "\0"}, 422), ({"x": "\ud800"}, 422), ({"\ud800": 1}, 422),
        ({"x": 10**20}, 422), ({"x": float("nan")}, 422),
        ({"nettests": [[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]}, 422),
    ):  # fmt: skip
        answer = desk.send("POST", f"{api}/create", USER, json=descriptor(**bad))
        assert answer.status_code == status, (bad, answer.text)
    empty = desk.send("POST", f"{api}/create", USER, json=descriptor(name="")).json()
    assert empty["error"] == "'name' field must not be empty"
    untranslated = desk.send("POST", f"{api}/create", USER, json=descriptor(x_intl={"a": ""})).json()
    assert untranslated["err_str"] == "err_empty_translation_field"
    assert untranslated["description"] == untranslated["error"]
    assert untranslated["err_args"] is None
    for method, path, status in (
        ("GET", "/fetch/1", 400), ("GET", f"/fetch/{2**63 - 1}", 400), ("GET", f"/fetch/{2**63}", 422),
        ("GET", "/fetch/x", 422),
        ("GET", f"/fetch/{key}?creation_time=2026", 400), ("GET", f"/fetch/{key}?creation_time=%00", 400),
        ("GET", f"/fetch/{key}?creation_time=9999-12-31T23:59:59.9Z", 400), ("GET",
        "/list?ooni_run_link_id=x", 400),
        ("GET", "/list?ooni_run_link_id=%00", 422), ("GET", "/list?ooni_run_link_id=" + "9" * 19, 400),
        ("POST", "/create", 401), ("POST", f"/archive/{key}", 401), ("POST", "/archive/x", 401),
    ):  # fmt: skip
        answer = desk.send(method, f"{api}{path}", content=b"{" if method == "POST" else b"")
        assert answer.status_code == status, (path, answer.text)
    assert listed(desk, api) == [key]
