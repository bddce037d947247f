"""A real browser on a real backend with the synthetic world in it."""

import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from importlib import resources
from pathlib import Path
from typing import Any

import httpx
from playwright.sync_api import Browser, ConsoleMessage, Page, Response, sync_playwright

from support.gitworld import TOKEN, USER, PullRequests, git
from support.processes import Oonib, wait_until

CHROMIUM = shutil.which("chromium")
ADMIN = "admin@demo.example"
# As root there is no sandbox; the rest keeps it from looking for its maker's hosts.
_OPTIONS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
_AXE = resources.files("axe_playwright_python") / "axe.min.js"


class Demo:
    """`oonib up --demo`, once its world is in."""

    def __init__(self, folder: Path) -> None:
        fork = folder / "ooni-bot" / "test-lists.git"
        fork.mkdir(parents=True)
        git(fork, "init", "--quiet", "--bare")
        self.pulls = PullRequests()
        self.up = Oonib(
            "up",
            "--demo",
            data_dir=folder / "data",
            test_lists_push=f"file://{fork}",
            github_api_url=self.pulls.url,
            github_user=USER,
            github_token=TOKEN,
        )
        self.up.start(seconds=90)
        try:
            wait_until(self._is_in, 240, "the synthetic world")
        except AssertionError:
            self.up.kill()
            raise AssertionError(self.up.log.read_text(errors="replace")[-5000:]) from None

    @property
    def url(self) -> str:
        """Where it is, without a slash at the end."""
        return self.up.url

    def json(self, path: str) -> Any:
        """What it answers a program."""
        answer = httpx.get(self.url + path, timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def login_link(self, address: str) -> str:
        """The link in the latest mail to an address."""
        letters = sorted((self.up.data_dir / "mail").iterdir(), key=lambda file: file.stat().st_mtime)
        text = next(
            parsed.get_body(("plain",)).get_content()
            for parsed in (
                message_from_bytes(letter.read_bytes(), policy=default) for letter in reversed(letters)
            )
            if address in parsed["To"]
        )
        found = re.search(r"https?://\S+token=\S+", text)
        assert found is not None, text
        return found[0]

    def close(self) -> None:
        """Stop all of it."""
        self.up.stop()
        self.pulls.stop()

    def _is_in(self) -> bool:
        # The exports come last.
        try:
            return bool(httpx.get(self.url + "/data/export?format=json", timeout=10).json()["exports"])
        except (httpx.HTTPError, KeyError):
            return False


@contextmanager
def browser() -> Iterator[Browser]:
    """Chromium without a window."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=list(_OPTIONS))
        yield started
        started.close()


@contextmanager
def window(browser: Browser, **options: Any) -> Iterator[Page]:
    """A page with cookies of its own. Whatever breaks in it, or is asked of another host, fails the test."""
    context = browser.new_context(**options)
    page = context.new_page()
    problems: list[str] = []
    # The console repeats the status of a page that is meant to be an error.
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda said: problems.append(said.text) if _is_a_problem(said) else None)
    page.on("request", lambda asked: problems.append(asked.url) if _is_foreign(asked.url) else None)
    yield page
    context.close()
    assert problems == []


def _is_a_problem(said: ConsoleMessage) -> bool:
    return said.type == "error" and "the server responded with a status of 4" not in said.text


def _is_foreign(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1", "data:", "blob:"))


def weight(page: Page, path: str) -> dict[str, int]:
    """Bytes over the wire by address, for a page and all that belongs to it, compressed as they travel."""
    responses: list[Response] = []

    def note(response: Response) -> None:
        responses.append(response)

    page.on("response", note)
    page.goto(path, wait_until="load")
    page.remove_listener("response", note)
    return {
        response.url: int(response.request.sizes()["responseBodySize"])
        for response in responses
        if "event-stream" not in response.headers.get("content-type", "")
    }


def violations(page: Page) -> list[str]:
    """What axe finds against WCAG 2.2 AA on the page as it stands."""
    page.evaluate(_AXE.read_text())
    tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
    found = page.evaluate("tags => axe.run(document, {runOnly: {type: 'tag', values: tags}})", tags)
    return [
        f"{problem['id']}: {node['target']} {node.get('failureSummary', '')}"
        for problem in found["violations"]
        for node in problem["nodes"]
    ]
