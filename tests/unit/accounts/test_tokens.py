"""Tokens of people, and attacks on them (management contract 1.4; reliability S11)."""

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from oonib.accounts.tokens import BadToken, ExpiredToken, Session, Tokens

KEY = "0123456789abcdef0123456789abcdef"
NOW = datetime(2012, 1, 14, tzinfo=UTC)
TOKENS = Tokens(KEY, session_life=timedelta(days=2), login_life=timedelta(days=7))
SESSION = Session("71e398652ecfb1be6a2359923c7df008", "user", "user@news.example", NOW, NOW)


def claims(**others: Any) -> dict[str, Any]:
    """Those of a good session."""
    now = int(NOW.timestamp())
    good = {"nbf": now, "iat": now, "exp": now + 60, "aud": "user_auth", "login_time": now, "role": "user"}
    merged = {**good, "account_id": "a" * 32, "email_address": "u@news.example", **others}
    return {name: value for name, value in merged.items() if value is not ...}


def signed(head: dict[str, Any] | None = None, key: str | bytes = KEY, **others: Any) -> str:
    """A token made by hand, with nothing checked."""
    key = key.encode() if isinstance(key, str) else key
    parts = [
        _encode(json.dumps(one).encode())
        for one in (head or {"alg": "HS256", "typ": "JWT"}, claims(**others))
    ]
    mark = hmac.new(key, ".".join(parts).encode(), hashlib.sha256).digest()
    return ".".join([*parts, _encode(mark)])


def _encode(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_the_claims_of_a_session() -> None:
    token = TOKENS.session(SESSION, NOW)
    said = jwt.decode(token, options={"verify_signature": False})
    assert said == {
        "nbf": 1326499200,
        "iat": 1326499200,
        "exp": 1326672000,
        "aud": "user_auth",
        "login_time": 1326499200,
        "account_id": "71e398652ecfb1be6a2359923c7df008",
        "role": "user",
        "email_address": "user@news.example",
    }
    assert jwt.get_unverified_header(token) == {"alg": "HS256", "typ": "JWT"}


def test_refreshing_never_goes_beyond_the_login_time() -> None:
    token = TOKENS.session(SESSION, NOW + timedelta(days=6))
    assert jwt.decode(token, options={"verify_signature": False})["exp"] == 1326499200 + 7 * 86400


def test_the_claims_of_a_login_link() -> None:
    said = jwt.decode(
        TOKENS.login_link("u@news.example", "https://x.example/", NOW), options={"verify_signature": False}
    )
    assert said == {
        "nbf": 1326499200,
        "iat": 1326499200,
        "exp": 1326499200 + 86400,
        "aud": "register",
        "email_address": "u@news.example",
        "redirect_to": "https://x.example/",
    }


def test_a_token_by_hand_is_one() -> None:
    assert TOKENS.read_session(signed(), NOW).account_id == "a" * 32


@pytest.mark.parametrize(
    "odd",
    [
        {"login_time": None},
        {"email_address": ...},
        {"account_id": "0" * 16},
        {"email_address": None},
        {"iat": ...},
    ],
)
def test_tokens_of_older_services_hold(odd: dict[str, Any]) -> None:
    session = TOKENS.read_session(signed(**odd), NOW)
    assert session.role == "user"
    if "email_address" in odd:
        assert session.address == ""


_PRIVATE = rsa.generate_private_key(public_exponent=65537, key_size=2048)
_PRIVATE_PEM = _PRIVATE.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
_PUBLIC_PEM = _PRIVATE.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
_PART = signed().split(".")
_FORGED: dict[str, Callable[[], str]] = {
    "alg none": lambda: ".".join([_encode(b'{"alg":"none","typ":"JWT"}'), _PART[1], ""]),
    "alg None": lambda: ".".join([_encode(b'{"alg":"None","typ":"JWT"}'), _PART[1], _PART[2]]),
    "alg none with a mark": lambda: ".".join([_encode(b'{"alg":"none"}'), _PART[1], _PART[2]]),
    "alg missing": lambda: signed({"typ": "JWT"}),
    "alg a list": lambda: signed({"alg": ["HS256"]}),
    "alg HS512": lambda: jwt.encode(claims(), KEY * 2, "HS512"),
    "alg HS384 claimed": lambda: signed({"alg": "HS384"}),
    "alg RS256": lambda: jwt.encode(claims(), _PRIVATE_PEM, "RS256"),
    "public key as secret": lambda: signed(key=_PUBLIC_PEM),
    "jwk in the head": lambda: signed(
        {"alg": "HS256", "jwk": {"kty": "oct", "k": _encode(b"x" * 32)}}, "x" * 32
    ),
    "kid of a path": lambda: signed({"alg": "HS256", "kid": "../../../../dev/null"}, key=""),
    "kid of a statement": lambda: signed({"alg": "HS256", "kid": "x' UNION SELECT 'k"}, key="k" * 32),
    "jku": lambda: signed({"alg": "HS256", "jku": "http://127.0.0.1:1/keys"}, key="k" * 32),
    "b64 false": lambda: signed({"alg": "HS256", "b64": False, "crit": ["b64"]}),
    "critical extension": lambda: signed({"alg": "HS256", "crit": ["x"], "x": 1}),
    "empty key": lambda: signed(key=""),
    "CHANGEME": lambda: signed(key="CHANGEME"),
    "another key": lambda: signed(key=KEY[::-1]),
    "role changed": lambda: ".".join(
        [_PART[0], _encode(json.dumps(claims(role="admin")).encode()), _PART[2]]
    ),
    "mark cut": lambda: ".".join([_PART[0], _PART[1], _PART[2][:-4]]),
    "no mark": lambda: ".".join([_PART[0], _PART[1], ""]),
    "two parts": lambda: ".".join(_PART[:2]),
    "four parts": lambda: ".".join([*_PART, _PART[2]]),
    "login link": lambda: TOKENS.login_link("u@news.example", "", NOW),
    "probe token": lambda: signed(aud="probe_login"),
    "audience missing": lambda: signed(aud=...),
    "audience null": lambda: signed(aud=None),
    "audience of another case": lambda: signed(aud="USER_AUTH"),
    "audience a number": lambda: signed(aud=1),
    "nbf in the future": lambda: signed(nbf=int(NOW.timestamp()) + 1),
    "nbf a text": lambda: signed(nbf="0"),
    "nbf null": lambda: signed(nbf=None),
    "exp missing": lambda: signed(exp=...),
    "exp null": lambda: signed(exp=None),
    "exp a text": lambda: signed(exp="9999999999"),
    "exp true": lambda: signed(exp=True),
    "exp infinite": lambda: signed(exp=float("inf")),
    "exp beyond all years": lambda: signed(exp=10**30),
    "account missing": lambda: signed(account_id=...),
    "account empty": lambda: signed(account_id=""),
    "account a list": lambda: signed(account_id=["a"]),
    "role missing": lambda: signed(role=...),
    "role a list": lambda: signed(role=["admin"]),
    "oversized": lambda: signed(filler="x" * 8192),
    "huge": lambda: "a." * 500_000,
    "empty": lambda: "",
    "undefined": lambda: "undefined",
    "null": lambda: "null",
    "dots": lambda: "..",
    "not ASCII": lambda: signed() + "\u00e9",
    "a surrogate": lambda: "\ud800",
    "nested claims": lambda: ".".join([_PART[0], _encode(b"[" * 3000), _PART[2]]),
    "claims a list": lambda: ".".join([_PART[0], _encode(b"[]"), _PART[2]]),
    "head a list": lambda: ".".join([_encode(b"[]"), _PART[1], _PART[2]]),
    "encrypted": lambda: "eyJhbGciOiJkaXIiLCJlbmMiOiJBMTI4R0NNIn0..AAAA.AAAA.AAAA",
}


@pytest.mark.parametrize("attack", _FORGED)
def test_forged_sessions(attack: str) -> None:
    with pytest.raises(BadToken) as refused:
        TOKENS.read_session(_FORGED[attack](), NOW)
    assert type(refused.value) is BadToken


@pytest.mark.parametrize("attack", sorted(set(_FORGED) - {"login link"}))
def test_forged_login_links(attack: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.read_login_link(_FORGED[attack](), NOW)


def test_a_session_is_no_login_link() -> None:
    with pytest.raises(BadToken):
        TOKENS.read_login_link(TOKENS.session(SESSION, NOW), NOW)


@pytest.mark.parametrize(
    ("seconds", "holds"), [(-1, False), (0, True), (59, True), (60, False), (10**6, False)]
)
def test_when_a_session_holds(seconds: int, holds: bool) -> None:
    moment = NOW + timedelta(seconds=seconds)
    if holds:
        TOKENS.read_session(signed(), moment)
    else:
        with pytest.raises(ExpiredToken if seconds > 0 else BadToken):
            TOKENS.read_session(signed(), moment)


@given(st.text() | st.binary().map(lambda raw: _encode(raw) + "." + _encode(raw) + "." + _encode(raw)))
def test_nonsense_is_no_token(text: str) -> None:
    with pytest.raises(BadToken):
        TOKENS.read_session(text, NOW)


@given(st.integers(0, len(signed()) - 1), st.sampled_from("ABCxyz019-_.="))
def test_one_changed_character_is_enough(index: int, char: str) -> None:
    good = signed()
    changed = good[:index] + char + good[index + 1 :]
    try:
        session = TOKENS.read_session(changed, NOW)
    except BadToken:
        return
    # The last character of a part has bits that mean nothing.
    assert session == TOKENS.read_session(good, NOW)
