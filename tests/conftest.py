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


def pytest_make_parametrize_id(val: object) -> str | None:
    """A name that is the same in every process: gzip has the time in its head."""
    return "gzip" if isinstance(val, bytes) and val.startswith(b"\x1f\x8b") else None
