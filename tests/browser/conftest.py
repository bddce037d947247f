"""The browser and the backend of the stories, one of each for all of them.

They end with their module: while playwright is there, the thread of the tests has a running event loop, and
no test after it could run one of its own.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from support.browsing import CHROMIUM, Demo, browser


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Demo]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    made = Demo(tmp_path_factory.mktemp("demo"))
    yield made
    made.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    with browser() as started:
        yield started
