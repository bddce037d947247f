"""What a set of fingerprints finds, under both semantics and on both engines."""

import base64
import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from oonib.scoring import Fingerprint, FingerprintSet, Matcher, countries_of
from oonib.scoring.matching import literals


def fingerprint(name: str, where: str, kind: str, pattern: str) -> Fingerprint:
    return Fingerprint(name, "nat", where, kind, pattern, 5, ("IT",))


HTTP = [
    fingerprint("b.contains", "body", "contains", "blocked page"),
    fingerprint("b.twin", "body", "contains", "blocked page"),
    fingerprint("b.full", "body", "full", "denied"),
    fingerprint("b.prefix", "body", "prefix", "<stop>"),
    fingerprint("b.regexp", "body", "regexp", "cut.*off"),
    fingerprint("h.full", "header.server", "full", "Wall"),
    fingerprint("h.prefix", "header.server", "prefix", "Wall/"),
    fingerprint("h.contains", "header.server", "contains", "bricks"),
    fingerprint("h.regexp", "header.server", "regexp", r"v\d\d"),
]
SET = FingerprintSet.of([fingerprint("d", "dns", "prefix", "192.0.2.")], HTTP)


def names(matcher: Matcher, body: object = None, server: object = None) -> list[str]:
    response = {"body": body, "headers": {} if server is None else {"Server": server}}
    return [found.name for found in matcher.match_http([{"response": response}])]


@pytest.fixture(params=["production", "declared"])
def semantics(request) -> str:
    return request.param


BODIES = [
    ("a blocked page here", ["b.contains", "b.twin"], ["b.contains", "b.twin"]),
    ("denied", ["b.full"], ["b.full"]),
    ("access denied now", ["b.full"], []),
    ("<stop> it", ["b.prefix"], ["b.prefix"]),
    ("don't <stop> it", ["b.prefix"], []),
    ("cut me\noff", [], ["b.regexp"]),
    ("cut.*off", ["b.regexp"], ["b.regexp"]),
    ("", [], []),
]


@pytest.mark.parametrize(("body", "production", "declared"), BODIES)
def test_bodies(body, production, declared) -> None:
    encoded = {"format": "base64", "data": base64.b64encode(body.encode()).decode()}
    for sent in (body, encoded):
        assert names(Matcher.build(SET), sent) == production
        assert names(Matcher.build(SET, "declared"), sent) == declared


SERVERS = [
    ("Wall", ["h.full"], ["h.full"]),
    ("Wall/1", ["h.prefix"], ["h.prefix"]),
    ("of bricks", [], ["h.contains"]),
    ("x v12", [], ["h.regexp"]),
    ({"format": "base64", "data": base64.b64encode(b"Wall/\xff").decode()}, ["h.prefix"], ["h.prefix"]),
    ({"format": "base64", "data": base64.b64encode(b"Wall").decode()}, [], ["h.full"]),
]


@pytest.mark.parametrize(("server", "production", "declared"), SERVERS)
def test_headers(server, production, declared) -> None:
    assert names(Matcher.build(SET), None, server) == production
    assert names(Matcher.build(SET, "declared"), None, server) == declared


def test_dns() -> None:
    queries = [{"answers": [{"ipv4": "192.0.2.7"}, {"ipv4": "192.0.2."}]}]
    assert len(Matcher.build(SET).match_dns(queries)) == 1
    assert len(Matcher.build(SET, "declared").match_dns(queries)) == 2


def test_empty_set_matches_nothing(semantics) -> None:
    matcher = Matcher.build(FingerprintSet.of([], []), semantics)
    assert names(matcher, "anything", "Wall") == []
    assert matcher.match_dns([{"answers": [{"ipv4": "192.0.2.1"}]}]) == []


def test_set_is_canonical_and_picklable() -> None:
    shuffled = FingerprintSet.of(reversed(SET.dns), reversed(SET.http))
    assert shuffled == SET
    assert pickle.loads(pickle.dumps(SET)) == SET
    other = FingerprintSet.of(SET.dns, HTTP[1:])
    assert other.snapshot_id != SET.snapshot_id
    assert Matcher.build(SET).snapshot_id == SET.snapshot_id
    assert len(SET.snapshot_id) == 16


@pytest.mark.parametrize(
    ("cell", "countries"),
    [("AE,SA", ("AE", "SA")), ("sa, ae ,ZZ", ("AE", "SA")), ("", ()), (" , ", ()), ("zz", ())],
)
def test_countries(cell, countries) -> None:
    assert countries_of(cell) == countries


_letters = st.text(st.sampled_from("abé封 \n"), min_size=1, max_size=6)


@settings(deadline=None, max_examples=60)
@given(patterns=st.lists(_letters, min_size=1, max_size=12), body=st.text(st.sampled_from("abé封 \n\ud800")))
def test_engines_give_the_same_rows(patterns, body) -> None:
    rows = [fingerprint(f"{i:03}", "body", "contains", pattern) for i, pattern in enumerate(patterns)]
    expected = [row.name for row in rows if row.pattern in body]
    fingerprints = FingerprintSet.of([], rows)
    assert names(Matcher.build(fingerprints), body) == expected
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(literals, "find_spec", lambda _name: None)
        assert names(Matcher.build(fingerprints), body) == expected
