"""Accounts in real processes: an operator's and an admin's story, with nothing private left in any log."""

import email
import email.policy
import json
import re
import sqlite3
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from oonib.cli import app

from support.accounts import TARGET, link_of, token_of
from support.processes import Oonib, wait_until

pytestmark = pytest.mark.crash

ADMIN, USER = "chief.editor@news.example", "volunteer@news.example"
ORIGIN = "https://explorer.ooni.org"


def mails(data_dir: Path) -> list[EmailMessage]:
    found = []
    for path in sorted((data_dir / "mail").glob("*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        found.append(message)
    return found


class Story:
    """Requests to a running backend, and every secret seen on the way."""

    def __init__(self, api: Oonib) -> None:
        self.api = api
        self.secrets = {ADMIN, USER}
        self.client = httpx.Client(base_url=api.url, timeout=20)

    def login(self, address: str) -> dict[str, str]:
        """The header of a new session."""
        before = len(mails(self.api.data_dir))
        asked = {"email_address": address, "redirect_to": TARGET}
        assert self.client.post("/api/v1/user_register", json=asked).json() == {"msg": "ok"}
        letters = mails(self.api.data_dir)
        assert len(letters) == before + 1
        assert letters[-1]["To"] == address
        token = token_of(link_of(letters[-1]))
        bearer = self.client.get("/api/v1/user_login", params={"k": token}).json()["bearer"]
        self.secrets |= {token, bearer}
        return {"Authorization": f"Bearer {bearer}"}


def test_the_story_of_an_operator_and_an_admin(tmp_path: Path) -> None:
    data_dir = tmp_path / "data"
    api = Oonib("api", data_dir=data_dir, workers=2, log_level="debug", cors_origins=re.escape(ORIGIN))
    given = CliRunner().invoke(app, ["account", "role", ADMIN, "admin"], env=api.environment)
    assert given.exit_code == 0, given.output
    with api:
        story = Story(api)
        _play(story)
        _other_origins(story)
        _attack(story)
        metrics = story.client.get("/metrics").text
        assert 'oonib_login_mails_total{outcome="sent"}' in metrics
        health = story.client.get("/health").json()
        assert {one["id"]: one["status"] for one in health["findings"]}["db_error"] == "ok"
        story.client.close()
        assert api.stop() == 0
    log = CliRunner().invoke(app, ["account", "log", "--json"], env=api.environment)
    entries = [json.loads(line) for line in log.stdout.splitlines()]
    assert [one["action"] for one in entries] == [
        "account.set_role",
        "api_token.create",
        "account.set_role",
        "account.expunge",
        "account.set_role",
    ]
    assert entries[0]["account_id"] == "operator"
    for secret in story.secrets:
        assert secret not in api.log.read_text(), "a log"
        assert secret not in metrics, "metrics"
        assert secret not in log.stdout, "the audit log"
        assert secret not in _dump(data_dir), "the database"


def _play(story: Story) -> None:
    client = story.client
    admin, user = story.login(ADMIN), story.login(USER)
    where = "/api/_/quotas_summary"
    assert client.get(where).status_code == client.get(where, headers=user).status_code == 401
    summary = client.get(where, headers=admin)
    assert summary.status_code == 200
    # An account pays for itself, whatever its network asked for; so does its token.
    made = client.post("/api/v1/user_api_tokens", headers=user, json={"name": "x"}).json()["token"]
    assert client.post("/api/v1/set_account_role", headers=user, json={}).status_code == 401
    story.secrets.add(made)
    token = {"Authorization": f"Bearer {made}"}
    give = {"email_address": USER, "role": "admin"}
    assert client.post("/api/v1/set_account_role", headers=admin, json=give).json() == {}
    wait_until(lambda: _payers(story, token) == {"account"}, 15, "a token that both workers know")
    assert _payers(story, user) == {"account"}
    assert _payers(story, {}) == _payers(story, {"Authorization": "Bearer oonib_x"}) == {"network"}
    fresh = client.get("/api/v1/user_refresh_token", headers=user).json()["bearer"]
    story.secrets.add(fresh)
    new_admin = {"Authorization": f"Bearer {fresh}"}
    assert client.get("/api/_/account_metadata", headers=new_admin).json()["role"] == "admin"
    wait_until(lambda: _next_second(story, new_admin), 5, "a second in which no token was issued")
    gone = client.post("/api/v1/set_session_expunge", headers=admin, json={"email_address": USER})
    assert gone.json() == {}
    assert client.get("/api/_/account_metadata", headers=new_admin).status_code == 401
    withdrawn = {"email_address": USER, "role": "user"}
    assert client.post("/api/v1/set_account_role", headers=admin, json=withdrawn).json() == {}


def _payers(story: Story, headers: dict[str, str]) -> set[str]:
    """Who is charged for some requests, which several workers answer."""
    before = _charged(story)
    for _ in range(6):
        with httpx.Client(base_url=story.api.url, timeout=20) as client:
            assert client.get("/api/v1/no-such-thing", headers=headers).status_code == 404
    return {kind for kind, seconds in _charged(story).items() if seconds > before.get(kind, 0.0)}


def _charged(story: Story) -> dict[str, float]:
    found = re.findall(
        r'^oonib_quota_seconds_total\{kind="(\w+)"\} (\S+)$', story.client.get("/metrics").text, re.MULTILINE
    )
    return {kind: float(seconds) for kind, seconds in found}


def _next_second(story: Story, headers: dict[str, str]) -> bool:
    token = story.client.get("/api/v1/user_refresh_token", headers=headers).json()["bearer"]
    story.secrets.add(token)
    issued = [_issued(bearer) for bearer in (token, headers["Authorization"].removeprefix("Bearer "))]
    return issued[0] > issued[1]


def _issued(token: str) -> int:
    import jwt

    issued: int = jwt.decode(token, options={"verify_signature": False})["iat"]
    return issued


def _other_origins(story: Story) -> None:
    """Reliability S13: pages of others cannot act for anybody."""
    asked = {
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "authorization,content-type",
    }
    for path in ("/api/v1/set_account_role", "/api/v1/user_register", "/api/v1/user_api_tokens"):
        refused = story.client.options(path, headers={**asked, "Origin": "https://evil.example"})
        assert refused.status_code == 400
        assert refused.headers.get("access-control-allow-credentials") is None
        allowed = story.client.options(path, headers={**asked, "Origin": ORIGIN})
        assert allowed.status_code == 200
        assert allowed.headers["access-control-allow-origin"] == ORIGIN
    for answer in (
        story.client.post("/api/v1/set_account_role", json={}, headers={"Origin": ORIGIN}),
        story.client.post("/api/v1/user_register", content=b"{", headers={"Origin": ORIGIN}),
    ):
        # Pages must be able to read why they are refused.
        assert answer.status_code in (401, 422)
        assert answer.headers["access-control-allow-origin"] == ORIGIN
        assert "set-cookie" not in answer.headers


def _attack(story: Story) -> None:
    """Requests that must leave no trace of what is in them."""
    secret = "a-very-secret-token-in-a-wrong-place"
    story.secrets |= {secret, "intruder@news.example"}
    for answer in (
        story.client.get("/api/v1/user_login", params={"k": secret}),
        story.client.get("/api/v1/user_refresh_token", headers={"Authorization": f"Bearer {secret}"}),
        story.client.get("/api/v1/get_account_role/intruder@news.example"),
        story.client.post(
            "/api/v1/user_register", json={"email_address": "intruder@news.example", "redirect_to": secret}
        ),
        story.client.post(
            "/api/v1/user_register", json={"email_address": f"x\r\nBcc:{secret}", "redirect_to": TARGET}
        ),
        story.client.post("/api/v2/ooniauth/user-session", json={"login_token": secret}),
    ):
        assert answer.status_code in (401, 422)
        assert secret not in answer.text
        assert "intruder" not in answer.text


def _dump(data_dir: Path) -> str:
    with sqlite3.connect(data_dir / "records.db") as database:
        dump = "\n".join(database.iterdump())
    database.close()
    return dump


@pytest.mark.parametrize(
    ("settings", "problem"),
    [
        ({"mail_backend": "smtp"}, "smtp_host must be set"),
        ({"mail_backend": "pigeon"}, "mail_backend"),
        ({"mail_from": "nobody"}, "mail_from"),
        ({"smtp_tls": "maybe"}, "smtp_tls"),
        ({"jwt_encryption_key": "s" * 40, "probe_token_key": "s" * 40}, "must differ"),
        ({"admin_emails": "a@example.org,b"}, "admin_emails"),
    ],
)
def test_settings_that_do_not_fit(tmp_path: Path, settings: dict[str, Any], problem: str) -> None:
    from oonib.settings import BadSettings, load

    environment = {f"OONIB_{name.upper()}": value for name, value in settings.items()}
    with pytest.raises(BadSettings, match=problem) as refused:
        load({"data_dir": tmp_path}, environment)
    assert "ssssss" not in str(refused.value)


def test_literal_secrets_and_records_that_are_away(tmp_path: Path) -> None:
    keys = {"jwt_encryption_key": "CHANGEME", "account_id_hashing_key": "CHANGEME"}
    away = "postgresql+psycopg://oonib:hidden@127.0.0.1:9/x?connect_timeout=2"
    with Oonib("api", data_dir=tmp_path / "data", workers=1, database_url=away, **keys) as api:
        status, health = api.get("/health")
        assert status == 503
        assert {"bad_jwt_secret", "bad_account_id_hashing_key", "db_error"} <= set(health["errors"])
        asked = {"email_address": USER, "redirect_to": TARGET}
        refused = httpx.post(f"{api.url}/api/v1/user_register", json=asked, timeout=30)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "5")
        assert httpx.get(f"{api.url}/api/_/account_metadata").status_code == 401
        assert "hidden" not in api.log.read_text() + json.dumps(health) + refused.text
