"""`oonib account` and the records' part of `oonib db` (management contract 1.11, 7)."""

import re
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from oonib.cli import app

USER = "User@News.Example"


class Shell:
    """Commands on one data folder."""

    def __init__(self, folder: Path, **settings: str) -> None:
        named = {f"OONIB_{name.upper()}": value for name, value in settings.items()}
        self._environment = {"OONIB_DATA_DIR": str(folder), **named}

    def run(self, *words: str) -> Result:
        return CliRunner().invoke(app, list(words), env=self._environment)


def test_roles_sessions_and_the_log(tmp_path: Path) -> None:
    shell = Shell(tmp_path / "data", admin_emails="user@news.example")
    for words, status, out, err in (
        (("role", USER), 0, "user\n", "admin_emails makes this address an admin"),
        (("role", USER, "admin"), 0, "", "is admin"),
        (("role", USER.lower()), 0, "admin\n", ""),
        (("expunge", USER), 0, "", "logged out"),
        (("role", USER, "boss"), 2, "", "boss"),
        (("role", "nick@localhost"), 2, "", "not a valid email address"),
        (("expunge", "x\n@y.example"), 2, "", "not a valid email address"),
    ):
        done = shell.run("account", *words)
        assert (done.exit_code, done.stdout) == (status, out), (words, done.output)
        assert err in done.stderr
    log = shell.run("account", "log", "--limit", "1").stdout
    assert re.fullmatch(r"\S+Z operator account\.expunge [0-9a-f]{32}\n", log)
    first = shell.run("account", "log").stdout.splitlines()[0]
    assert first.endswith('role="admin" before="user"')


@pytest.mark.parametrize("words", [("account", "role", USER), ("account", "log"), ("db", "migrate")])
def test_records_that_are_away(tmp_path: Path, words: tuple[str, ...]) -> None:
    away = "postgresql+psycopg://oonib:hidden@127.0.0.1:9/x?connect_timeout=2"
    done = Shell(tmp_path / "data", database_url=away).run(*words)
    assert done.exit_code == 1
    assert "OperationalError" in done.stderr
    assert "hidden" not in done.output


def test_the_records_are_checked(tmp_path: Path) -> None:
    shell = Shell(tmp_path, clickhouse_url="http://127.0.0.1:9/x")
    assert "records: pending: 0001" in shell.run("db", "check").stderr
    assert shell.run("db", "migrate", "--dry-run").stdout == "records pending: 0001\n"
    assert shell.run("db", "migrate").stdout == "records 0001\n"
    assert "records" not in shell.run("db", "check").output
