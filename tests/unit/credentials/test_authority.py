"""The library behind its door: every failure has one of the contract's words, a panic too."""

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from oonib.collector.credentials.authority import Authority, BadKeys, LibraryAbsent, Refused, new_keys
from oonib.collector.credentials.crew import Crew

from support.credentials import aborting, keys, library

CONTENT = '{"probe_cc":"BR"}'
CLAIMED: dict[str, Any] = {"cc": "BR", "asn": "AS28573", "content": CONTENT}


@pytest.fixture(scope="module")
def pair() -> Any:
    return keys()


@pytest.fixture(scope="module")
def crew() -> Iterator[Crew]:
    crew = Crew()
    yield crew
    crew.close()


@pytest.fixture(scope="module")
def authority(pair: Any, crew: Crew) -> Authority:
    return Authority.open(crew, pair.public, pair.secret)


@pytest.fixture(scope="module")
def client(pair: Any, authority: Authority) -> Any:
    user = library().UserState(pair.public)
    user.handle_registration_response(authority.sign(user.make_registration_request()))
    return user


def ages(authority: Authority) -> tuple[int, int]:
    return (authority.today() - 1, authority.today() + 1)


def test_a_proof_is_good_for_what_it_was_made_for(client: Any, authority: Authority) -> None:
    days = ages(authority)
    shown = client.make_submit_request_with_hash("BR", "AS28573", CONTENT, days, 0)
    assert authority.verify(shown.nym, shown.request, **CLAIMED, ages=days, least=0)
    for change in (
        {"cc": "DE"},
        {"asn": "AS1"},
        {"content": CONTENT + " "},
    ):
        with pytest.raises(Refused) as caught:
            authority.verify(shown.nym, shown.request, **{**CLAIMED, "ages": days, "least": 0, **change})
        assert caught.value.token == "protocol_error"
    for change in ({"ages": (days[0], days[1] + 1)}, {"ages": (0, 2**32 - 1)}, {"least": 1}):
        # Read wrongly, because its length depends on them: the library may even abort.
        with pytest.raises(Refused):
            authority.verify(shown.nym, shown.request, **{**CLAIMED, "ages": days, "least": 0, **change})


REQUESTS = [("", ""), ("AAAA", "AAAA"), ("\ud800", "x"), ("\u00e9" * 44, "\x00"), ("=" * 44, "A" * 9000)]


@pytest.mark.parametrize(("nym", "proof"), REQUESTS)
def test_garbage_is_refused(authority: Authority, nym: str, proof: str) -> None:
    with pytest.raises(Refused) as caught:
        authority.verify(nym, proof, **CLAIMED, ages=ages(authority), least=0)
    assert caught.value.token in ("deserialization_failed", "unknown_error")
    with pytest.raises(Refused) as caught:
        authority.sign(proof)
    assert caught.value.token in ("deserialization_failed", "unknown_error")


def test_a_request_for_other_parameters_is_refused(authority: Authority) -> None:
    with pytest.raises(Refused) as caught:
        authority.sign(library().UserState(keys().public).make_registration_request())
    assert caught.value.token == "protocol_error"


def test_keys_must_belong_together(pair: Any, crew: Crew) -> None:
    for public, secret in ((pair.public, keys().secret), (pair.public, ""), ("AAAA", pair.secret)):
        with pytest.raises(BadKeys):
            Authority.open(crew, public, secret)


def test_the_command_makes_a_pair(crew: Crew) -> None:
    Authority.open(crew, *new_keys())


def test_without_the_library(pair: Any, crew: Crew, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "ooniauth_py", None)
    with pytest.raises(LibraryAbsent, match="pip install"):
        Authority.open(crew, pair.public, pair.secret)


ENDS = {"panics": "A" * 188, "aborts": "", "not ascii": "\u00e9", "enormous": "A" * 1_000_000}


@pytest.mark.parametrize("kind", ENDS)
def test_what_ends_the_library_ends_nothing_else(authority: Authority, pair: Any, kind: str) -> None:
    with pytest.raises(Refused) as caught:
        authority.sign(ENDS[kind] or aborting(pair.public))
    assert caught.value.token in ("unknown_error", "deserialization_failed")
    assert authority.sign(library().UserState(pair.public).make_registration_request())


def test_others_do_not_notice(authority: Authority, pair: Any) -> None:
    bad = aborting(pair.public)

    def ask(number: int) -> bool:
        try:
            good = library().UserState(pair.public).make_registration_request()
            return bool(authority.sign(bad if number % 2 else good))
        except Refused:
            return False

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(ask, range(40))) == [True, False] * 20
