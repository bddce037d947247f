"""Pull requests over GitHub's API. Knows nothing of git, nor of what is proposed."""

import re
import time
from dataclasses import dataclass
from typing import Any

import httpx
import orjson

from oonib.testlists.clone import BRANCH
from oonib.testlists.remotes import Remote

_TITLE = "Contribution from test-lists.ooni.org"
_MOST_BYTES = 2 * 1024**2
_PATIENCE = 20.0
"""Seconds for a whole answer."""


class GitHubAway(Exception):
    """GitHub cannot be reached, or does not want to answer now."""


class GitHubRefused(Exception):
    """GitHub's answer is not what it should be."""


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: Any

    def field(self, name: str) -> Any:
        return self.body.get(name) if isinstance(self.body, dict) else None

    def says(self, text: str) -> bool:
        problems = self.field("errors")
        return isinstance(problems, list) and any(
            isinstance(one, dict) and text in str(one.get("message")) for one in problems
        )


class GitHub:
    """Pull requests of `push` against `origin`. Safe from any thread.

    Raises `GitHubAway`, `GitHubRefused`.
    """

    def __init__(self, api_url: str, user: str, token: str, origin: Remote, push: Remote) -> None:
        self._pulls = f"{api_url.rstrip('/')}/repos/{origin.slug}/pulls"
        self._pull_re = re.compile(re.escape(self._pulls) + r"/([0-9]{1,12})", re.ASCII)
        self._page = f"{origin.site}/{origin.slug}/pull"
        self._owner = push.owner
        self._client = httpx.Client(
            auth=(user, token),
            timeout=10.0,
            follow_redirects=False,
            headers={"Accept": "application/vnd.github+json", "User-Agent": "oonib"},
        )

    def close_client(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def page(self, pr_id: str) -> str:
        """Where people look at a pull request."""
        found = self._pull_re.fullmatch(pr_id)
        return f"{self._page}/{found[1]}" if found else pr_id

    def open(self, branch: str) -> str:
        """Open a pull request for a branch; its id, which is its address. An open one is closed first."""
        answer = self._create(branch)
        if answer.status == 422 and answer.says("already exists"):
            self._close_open_one(branch)
            answer = self._create(branch)
        pr_id = answer.field("url")
        if answer.status != 201 or not isinstance(pr_id, str) or not self._pull_re.fullmatch(pr_id):
            raise GitHubRefused(f"no pull request was made: {answer.status}")
        return pr_id

    def close(self, pr_id: str) -> None:
        """Close a pull request."""
        answer = self._ask("PATCH", self._checked(pr_id), json={"state": "closed"})
        if answer.status != 200:
            raise GitHubRefused(f"a pull request was not closed: {answer.status}")

    def is_open(self, pr_id: str) -> bool:
        """Whether it is neither merged nor closed."""
        state = self._ask("GET", self._checked(pr_id)).field("state")
        if not isinstance(state, str):
            raise GitHubRefused("a pull request without a state")
        return state == "open"

    def _create(self, branch: str) -> _Answer:
        wanted = {"head": f"{self._owner}:{branch}", "base": BRANCH, "title": _TITLE}
        return self._ask("POST", self._pulls, json=wanted)

    def _close_open_one(self, branch: str) -> None:
        asked = {"head": f"{self._owner}:{branch}", "state": "open"}
        found = self._ask("GET", self._pulls, params=asked).body
        if not isinstance(found, list) or not found or not isinstance(found[0], dict):
            raise GitHubRefused("the pull request that is open already cannot be found")
        self.close(str(found[0].get("url")))

    def _checked(self, pr_id: str) -> str:
        # Our token goes along: to nowhere else than to the pull requests of this repository.
        if self._pull_re.fullmatch(pr_id) is None:
            raise GitHubRefused("not a pull request of this repository")
        return pr_id

    def _ask(self, method: str, url: str, **options: Any) -> _Answer:
        until = time.monotonic() + _PATIENCE
        body = bytearray()
        try:
            with self._client.stream(method, url, **options) as response:
                for piece in response.iter_bytes():
                    body += piece
                    if len(body) > _MOST_BYTES or time.monotonic() > until:
                        raise GitHubAway("an answer without an end")
        except (httpx.HTTPError, httpx.InvalidURL) as exc:
            raise GitHubAway(type(exc).__name__) from None
        if response.status_code >= 500 or response.status_code in (403, 429):
            raise GitHubAway(f"{response.status_code}")
        try:
            return _Answer(response.status_code, orjson.loads(body))
        except orjson.JSONDecodeError:
            raise GitHubRefused(f"no JSON: {response.status_code}") from None
