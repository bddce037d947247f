"""Tokens of probes: what they look like, and what anything else is worth (probe contract 8)."""

import base64
import json
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.checkin.registration import Registration
from oonib.checkin.registration.tokens import BadToken, ForeignToken, Tokens
from oonib.errors import BadRequest, Unauthorized

KEY, OTHER = "k" * 40, "o" * 40
NOW = datetime(2026, 3, 2, 10, 15, 30, 999, tzinfo=UTC)
NOW_SECONDS = int(NOW.timestamp())


def registration(strict: bool = False, notes: list[str] | None = None) -> Registration:
    note = (notes if notes is not None else []).append
    return Registration(Tokens(KEY), clock=lambda: NOW, note=note, strict=strict)


def signed(key: str = KEY, **claims: Any) -> str:
    return jwt.encode(claims, key, algorithm="HS256")


def part(token: str, number: int) -> str:
    text = token.split(".")[number]
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()


def test_a_client_id_to_the_letter() -> None:
    client_id = registration().register()["client_id"]
    assert len(client_id) == 132
    assert part(client_id, 0) == '{"alg":"HS256","typ":"JWT"}'
    assert part(client_id, 1) == f'{{"iat":{NOW_SECONDS},"aud":"probe_login"}}'


def test_a_token_to_the_letter() -> None:
    probe = registration()
    answer = probe.login({"username": probe.register()["client_id"], "password": "x"})
    assert answer["expire"] == "2026-03-09T10:15:30Z"
    assert part(answer["token"], 1) == f'{{"registration_time":{NOW_SECONDS},"aud":"probe_token"}}'
    probe.check_token(f"Bearer {answer['token']}")


LOGINS: dict[str, tuple[Any, str, str]] = {
    # username: lenient and strict result; None stands for a token without registration time
    "ours": (signed(iat=5, aud="probe_login"), "5", "5"),
    "issued in the future": (signed(iat=2**40, aud="probe_login"), str(2**40), str(2**40)),
    "no token at all": ("A" * 20, "None", "None"),
    "of 2021": ("20210101T000000Z_abcdef", "None", "None"),
    "signed by another": (signed(OTHER, iat=5, aud="probe_login"), "None", "401"),
    "unsigned": (jwt.encode({"iat": 5, "aud": "probe_login"}, None, algorithm="none"), "None", "401"),
    "another algorithm": (
        jwt.encode({"iat": 5, "aud": "probe_login"}, KEY * 2, algorithm="HS512"),
        "None",
        "401",
    ),
    "cut off": (signed(iat=5, aud="probe_login")[:-4], "None", "401"),
    "two dots": ("..", "None", "401"),
    "without iat": (signed(aud="probe_login"), "401", "401"),
    "without aud": (signed(iat=5), "401", "401"),
    "for another purpose": (signed(iat=5, aud="probe_token"), "401", "401"),
    "for people": (signed(iat=5, aud="user_auth"), "401", "401"),
    "expired": (signed(iat=5, aud="probe_login", exp=6), "401", "401"),
    "iat is a text": (signed(iat="x", aud="probe_login"), "None", "None"),
    "missing": (None, "401", "401"),
    "empty": ("", "401", "401"),
    "a number": (5, "401", "401"),
}


@pytest.mark.parametrize(("username", "lenient", "strict"), LOGINS.values(), ids=LOGINS.keys())
def test_logins(username: Any, lenient: str, strict: str) -> None:
    for mode, expected in ((False, lenient), (True, strict)):
        notes: list[str] = []
        try:
            answer = registration(mode, notes).login({"username": username, "password": "x"})
        except Unauthorized:
            found = "401"
        else:
            found = str(json.loads(part(answer["token"], 1))["registration_time"])
        assert found == expected
        assert len(notes) == 1


@pytest.mark.parametrize("password", [None, "", 5, {}])
def test_a_login_without_password(password: Any) -> None:
    with pytest.raises(Unauthorized, match="Missing credentials"):
        registration().login({"username": "x", "password": password})


AUTHORIZATIONS: dict[str, tuple[str, type[Exception] | None]] = {
    "ours": (f"Bearer {signed(registration_time=5, aud='probe_token')}", None),
    "of a legacy login": (f"Bearer {signed(registration_time=None, aud='probe_token')}", None),
    "missing": ("", BadRequest),
    "basic": ("Basic eDp5", BadRequest),
    "bare": (signed(registration_time=5, aud="probe_token"), BadRequest),
    "empty": ("Bearer ", Unauthorized),
    "foreign": (f"Bearer {signed(OTHER, registration_time=5, aud='probe_token')}", Unauthorized),
    "a client id": (f"Bearer {signed(iat=5, aud='probe_login')}", Unauthorized),
    "without the claim": (f"Bearer {signed(aud='probe_token')}", Unauthorized),
    "not latin": ("Bearer \u00e9\u00e9.\u00e9.\u00e9", Unauthorized),
}


@pytest.mark.parametrize(("header", "problem"), AUTHORIZATIONS.values(), ids=AUTHORIZATIONS.keys())
def test_bearer_tokens(header: str, problem: type[Exception] | None) -> None:
    if problem is None:
        registration().check_token(header)
    else:
        with pytest.raises(problem):
            registration().check_token(header)


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


HOSTILE = [
    encoded(b"[" * 3000) + ".e30.AA",
    encoded(b'{"alg":"HS256","crit":["x"],"x":1}') + ".e30.AA",
    encoded(b'{"alg":"HS256","kid":{}}') + ".e30.AA",
    encoded(b'{"alg":["HS256"]}') + ".e30.AA",
    encoded(b'{"alg":null}') + ".e30.AA",
    encoded(b"null") + ".e30.AA",
    encoded(b"\xff\xfe") + ".e30.AA",
    encoded(b'{"alg":"HS256","b64":false,"crit":["b64"]}') + ".e30.AA",
    "\ud800.\ud800.\ud800",
    "." * 4000,
    "a" * 100_000,
    "\x00.\x00.\x00",
]


@pytest.mark.parametrize("token", HOSTILE)
def test_hostile_tokens_are_foreign(token: str) -> None:
    with pytest.raises(ForeignToken):
        Tokens(KEY).registered(token, "probe_login")


@given(
    st.text(max_size=200)
    | st.builds(lambda a, b, c: f"{encoded(a)}.{encoded(b)}.{encoded(c)}", *[st.binary(max_size=60)] * 3)
)
def test_no_text_passes_for_a_token(token: str) -> None:
    with pytest.raises(BadToken):
        Tokens(KEY).registered(token, "probe_token")
