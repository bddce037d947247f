"""An upstream with test lists, a fork, and GitHub's pull requests: real git, a real HTTP server."""

import base64
import json
import os
import re
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fastapi import APIRouter

from oonib.accounts.guard.routes import Guard
from oonib.records import Records
from oonib.testlists import TestListService
from oonib.testlists import routes as testlist_routes
from oonib.testlists.clone import Clone
from oonib.testlists.git import Git
from oonib.testlists.github import GitHub
from oonib.testlists.remotes import Remote
from oonib.testlists.service import Outlet
from oonib.testlists.store import SubmissionStore
from oonib.testlists.workplace import Workplace

from support.editing import NOW, VOLUNTEER, Desk, bearer

HEADER = "url,category_code,category_description,date_added,source,notes\n"
LISTS = {
    "global": HEADER
    + "https://global.example/,NEWS,News Media,2020-01-01,OONI,\n"
    + "https://misc.example/,MISC,Miscellaneous content,2020-01-01,OONI,\n",
    "it": HEADER
    + "https://one.example/,NEWS,News Media,2020-01-01,OONI,\n"
    + 'https://two.example/,FILE,File-sharing,2020-01-02,"a, b","said ""so"""\n'
    + "https://three.example/,MISC,Miscelaneous content,2020-01-03,,last\n",
    "br": HEADER + "https://br.example/,NEWS,News Media,2020-01-01,OONI,",
}
USER, TOKEN = "editor-bot", "a-token-of-tests"
LIST, UPDATE, SUBMIT = (
    "/api/_/url-submission/test-list/",
    "/api/v1/url-submission/update-url",
    "/api/v1/url-submission/submit",
)
_ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/nonexistent",
    "GIT_CONFIG_NOSYSTEM": "1",
    **{
        f"GIT_{who}_{what}": "upstream@example.org"
        for who in ("AUTHOR", "COMMITTER")
        for what in ("NAME", "EMAIL")
    },
}


def git(folder: Path, *words: str) -> str:
    """What git prints, run by those who keep the lists."""
    done = subprocess.run(["git", *words], cwd=folder, env=_ENVIRONMENT, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout.decode()


class Upstream:
    """A bare repository, and somebody who changes it."""

    def __init__(self, folder: Path) -> None:
        self.bare = folder / "citizenlab" / "test-lists.git"
        self._work = folder / "maintainer"
        self.bare.mkdir(parents=True)
        git(self.bare, "init", "--quiet", "--bare", "--initial-branch=master")
        git(folder, "clone", "--quiet", str(self.bare), str(self._work))
        git(self._work, "checkout", "--quiet", "-B", "master")
        (self._work / "lists").mkdir()
        self.change(LISTS)

    @property
    def url(self) -> str:
        return f"file://{self.bare}"

    def change(self, lists: dict[str, str], *, force: bool = False) -> str:
        """Write lists and push them; the commit. With `force`, without what was there before."""
        if force:
            git(self._work, "checkout", "--quiet", "--orphan", "fresh")
        for cc, text in lists.items():
            (self._work / "lists" / f"{cc}.csv").write_text(text)
        git(self._work, "add", "--all")
        git(self._work, "commit", "--quiet", "--message=lists")
        git(self._work, "push", "--quiet", "--force", "origin", "HEAD:master")
        return git(self._work, "rev-parse", "HEAD").strip()

    def link(self, cc: str, target: Path) -> None:
        """A list that is a link to elsewhere."""
        (self._work / "lists" / f"{cc}.csv").unlink(missing_ok=True)
        (self._work / "lists" / f"{cc}.csv").symlink_to(target)
        self.change({})

    def merge(self, fork: Path, branch: str) -> None:
        """Take over a branch of the fork."""
        git(self._work, "fetch", "--quiet", str(fork), f"refs/heads/{branch}")
        git(self._work, "merge", "--quiet", "--no-edit", "FETCH_HEAD")
        git(self._work, "push", "--quiet", "origin", "HEAD:master")

    def read(self, cc: str) -> str:
        return git(self.bare, "show", f"master:lists/{cc}.csv")


class PullRequests(ThreadingHTTPServer):
    """GitHub's pull requests of one repository. `fail`: a status for every answer, by method."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.pulls: list[dict[str, Any]] = []
        self.asked: list[tuple[str, str, Any]] = []
        self.fail: dict[str, int] = {}
        self.shape: dict[str, Any] | None = None
        threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def resolve(self, number: int, state: str = "closed") -> None:
        """Merge or reject a pull request."""
        self.pulls[number - 1]["state"] = state

    def stop(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: PullRequests
    protocol_version = "HTTP/1.1"
    base = "/repos/citizenlab/test-lists/pulls"

    def log_message(self, *args: object) -> None:
        """Nothing."""

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_PATCH(self) -> None:
        self._serve("PATCH")

    def _serve(self, method: str) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or b"null")
        self.server.asked.append((method, self.path, body))
        expected = "Basic " + base64.b64encode(f"{USER}:{TOKEN}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self._answer(401, {"message": "Bad credentials"})
        elif method in self.server.fail:
            self._answer(self.server.fail[method], {"message": "no"})
        elif self.server.shape is not None:
            self._answer(200, self.server.shape)
        else:
            self._answer(*self._found(method, body))

    def _found(self, method: str, body: Any) -> tuple[int, Any]:
        pulls = self.server.pulls
        single = re.fullmatch(self.base + r"/(\d+)", self.path)
        if single:
            pull = pulls[int(single[1]) - 1]
            if method == "PATCH":
                pull["state"] = body["state"]
            return 200, pull
        if method == "GET":
            return 200, [pull for pull in pulls if pull["state"] == "open"]
        assert self.path == self.base
        if any(pull["state"] == "open" and pull["head"] == body["head"] for pull in pulls):
            message = f"A pull request already exists for {body['head']}."
            return 422, {"message": "Validation Failed", "errors": [{"message": message}]}
        number = len(pulls) + 1
        pulls.append(
            {"number": number, "state": "open", **body, "url": f"{self.server.url}{self.base}/{number}"}
        )
        return 201, pulls[-1]

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


class Editor(Desk):
    """The editor's endpoints over an upstream, a fork and pull requests."""

    def __init__(self, records: Records, folder: Path, *, outlet: bool = True) -> None:
        self.folder = folder / "testlists"
        self.upstream = Upstream(folder)
        self.fork = folder / "ooni-bot" / "test-lists.git"
        self.fork.mkdir(parents=True)
        git(self.fork, "init", "--quiet", "--bare")
        self.pulls = PullRequests()
        origin, push = Remote.parse(self.upstream.url), Remote.parse(f"file://{self.fork}")
        self.github = GitHub(self.pulls.url, USER, TOKEN, origin, push)
        self.clone = Clone(self.folder, origin, Git(self.folder, USER, TOKEN, push))
        self.workplace = Workplace(self.folder, self.clone)
        self.service = TestListService(
            SubmissionStore(records),
            self.workplace,
            Outlet(push, self.github) if outlet else None,
            missing="" if outlet else "test_lists_push",
            clock=lambda: NOW,
            read_age=0.0,
        )
        super().__init__(records, self._routes)

    def _routes(self, guard: Guard) -> APIRouter:
        return testlist_routes.router(lambda: self.service, guard)

    def close(self) -> None:
        self.github.close_client()
        self.pulls.stop()

    def shown(self, cc: str = "it", account: str = VOLUNTEER) -> dict[str, Any]:
        """What the editor's page shows."""
        answer = self.get(LIST + cc, bearer(account))
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def state(self, account: str = VOLUNTEER) -> str:
        return str(self.shown("it", account)["state"])

    def urls(self, cc: str = "it", account: str = VOLUNTEER) -> list[str]:
        return [one["url"] for one in self.shown(cc, account)["test_list"]]

    def update(
        self, cc: str, old: Any = None, new: Any = None, account: str = VOLUNTEER, comment: str = "because"
    ) -> tuple[int, Any]:
        body = {"country_code": cc, "comment": comment, "old_entry": old, "new_entry": new}
        answer = self.post(UPDATE, body, bearer(account))
        return answer.status_code, answer.json()

    def submit(self, account: str = VOLUNTEER) -> tuple[int, Any]:
        answer = self.send("POST", SUBMIT, who=bearer(account))
        return answer.status_code, answer.json()

    def pushed(self, cc: str, account: str = VOLUNTEER) -> str:
        """A list of the fork, on the branch of an account."""
        return git(self.fork, "show", f"user-contribution/{account}:lists/{cc}.csv")

    def row(self, cc: str, url: str, account: str = VOLUNTEER) -> dict[str, str]:
        """The row of a list that has this URL."""
        found: dict[str, str] = next(one for one in self.shown(cc, account)["test_list"] if one["url"] == url)
        return found


def entry(url: str = "https://new.example/", **other: str) -> dict[str, str]:
    """An entry as the page sends it."""
    plain = {"category_code": "NEWS", "date_added": "2026-03-01", "source": "a volunteer", "notes": ""}
    return {"url": url, **plain, **other}
