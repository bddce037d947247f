"""What holds for all tests: which go first."""

import pytest


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Those that start, kill and wait first: two processes that share the tests then end together.

    Within each kind the order stays random.
    """
    items.sort(
        key=lambda item: (item.get_closest_marker("crash") is None, "integration" not in item.path.parts)
    )
