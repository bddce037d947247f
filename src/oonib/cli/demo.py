"""What `oonib up --demo` adds: a synthetic world, so that every page has something true to show.

`prepare` writes what the world's backend takes from elsewhere (test lists, owners of networks) before it
starts; `oonib demo` fills it once it runs.
"""

import shutil
import subprocess
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from oonib.cli.common import DataDir, fail, say, settings_for
from oonib.cli.simulate import send

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

    from oonib.simulate import World

ADMIN = "admin@demo.example"
"""Who may log in as an admin of the demo; the mail with the link is a file in its data folder."""

_SEED = 1
_DAYS = timedelta(days=20)
_PATIENCE = 300.0
_AUTHOR = ("-c", "user.name=simulator", "-c", "user.email=simulator@demo.example")


def prepare(folder: Path) -> dict[str, object]:
    """Write the surroundings of the world below `folder`; the settings under which a backend takes them."""
    from oonib.simulate import World
    from oonib.simulate.surroundings import owners, test_lists

    world = World(_SEED)
    lists = folder / "test-lists" / "lists"
    lists.mkdir(parents=True, exist_ok=True)
    for name, text in test_lists(world).items():
        (lists / f"{name}.csv").write_text(text)
    (folder / "owners.json").write_bytes(owners(world))
    settings: dict[str, object] = {
        # The world's blocking is confirmed by the starter fingerprints.
        "fingerprints_source": "starter",
        "test_lists_source": lists.parent,
        "test_lists_minimum": 1,
        "asn_source": folder / "owners.json",
        "asn_minimum": 0,
        "admin_emails": ADMIN,
    }
    if shutil.which("git") is not None:
        settings["test_lists_origin"] = (
            f"file://{_repository(lists.parent, folder / 'citizenlab' / 'test-lists.git')}"
        )
    return settings


def _repository(work: Path, bare: Path) -> Path:
    """The lists as the upstream that volunteers propose changes to."""

    def git(*words: str) -> None:
        subprocess.run(["git", *_AUTHOR, *words], cwd=work, check=True, capture_output=True)  # noqa: S603, S607

    if not bare.exists():
        if not (work / ".git").exists():
            git("init", "--quiet", "--initial-branch=master")
        git("add", "--all")
        git("commit", "--quiet", "--allow-empty", "--message=The lists of the synthetic world")
        git("clone", "--quiet", "--bare", str(work), str(bare))
    return bare


def demo(
    to: Annotated[str, typer.Option(help="The backend to fill.")] = "http://127.0.0.1:8080",
    count: Annotated[int, typer.Option(help="Measurements to make.", min=1)] = 6000,
    data_dir: DataDir = None,
) -> None:
    """Fill a running backend with the synthetic world: measurements, findings, links, archive, exports.

    `oonib up --demo` does it by itself.

    Example: `oonib demo --count 6000`
    """
    from oonib.simulate import World

    settings = settings_for(data_dir)
    now = datetime.now(UTC).replace(microsecond=0)
    world = World(_SEED)
    _wait(to, "/health", lambda answer: answer.is_success, "the backend does not get green")
    _publish(world, to, _token(data_dir), now)
    say(f"{send(world.measurements(count, start=now - _DAYS, end=now), to)} simulated measurements stored")
    _wait(to, "/status?format=json", _is_scored, "the scorer does not keep up")
    for words in (("archive", "pack", "--now"), ("archive", "export-parquet")):
        _run(*words, "--data-dir", str(settings.data_dir))
    say(f"the synthetic world is in; log in as {ADMIN}, the mail is in {settings.data_dir / 'mail'}")


def _token(data_dir: Path | None) -> str:
    """A session of the demo's admin."""
    from oonib.accounts.identity import account_id
    from oonib.accounts.tokens import Session
    from oonib.editorial import account_key, now, open_tokens

    settings = settings_for(data_dir)
    account = account_id(ADMIN, account_key(settings))
    return open_tokens(settings).session(Session(account, "admin", ADMIN, now(), now()), now())


def _publish(world: "World", to: str, token: str, now: datetime) -> None:
    import httpx

    from oonib.simulate.surroundings import findings, links

    def post(path: str, body: dict[str, Any]) -> None:
        answer = client.post(to + path, json=body)
        # A second run finds its own from before.
        if answer.status_code not in (200, 409):
            fail(f"{path}: {answer.text[:200]}")

    with httpx.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        known = client.get(f"{to}/api/v1/incidents/search").json()["incidents"]
        if any("simulated" in finding["tags"] for finding in known):
            return
        for finding in findings(world, ADMIN, now - _DAYS, now):
            post("/api/v1/incidents/create", finding)
        for link in links(world, ADMIN):
            post("/api/v2/oonirun/links", link)


def _wait(to: str, path: str, good: "Callable[[httpx.Response], bool]", problem: str) -> None:
    import httpx

    begun = time.monotonic()
    while time.monotonic() - begun < _PATIENCE:
        try:
            if good(httpx.get(to + path, timeout=30)):
                return
        except httpx.HTTPError:
            # It starts at the same time.
            pass
        time.sleep(0.5)
    fail(problem)


def _is_scored(status: "httpx.Response") -> bool:
    queue = status.json()["queue"]
    return queue is not None and queue["unscored"] == 0


def _run(*words: str) -> None:
    from oonib.supervisor import command

    if subprocess.run(command(*words), check=False).returncode:  # noqa: S603 - our own program
        fail(f"oonib {' '.join(words[:2])} had problems")
