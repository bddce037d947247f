"""Walls between rooms that need a look at each module (the rest is in pyproject.toml, for import-linter)."""

import ast
import re
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions, requires
from pathlib import Path

import pytest

import oonib

ROOT = Path(oonib.__file__).parent
PLAIN_ASGI = ("collector/receiving.py", "fastpath/feeder/endpoint.py")
"""Endpoints without the framework: they know the vocabulary of ASGI."""
MODULES = sorted(ROOT.rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_only_routes_and_the_app_know_the_web_framework(path: Path) -> None:
    allowed = path.name == "routes.py" or path.parent.name == "app"
    plain_asgi = str(path.relative_to(ROOT)) in PLAIN_ASGI
    webs = ("fastapi",) if plain_asgi else ("fastapi", "starlette")
    found = [name for name in imported(path) if name.split(".")[0] in webs]
    assert allowed or not found


@pytest.mark.parametrize(
    "path", [path for path in MODULES if "web" in path.parts], ids=lambda path: path.name
)
def test_pages_reach_data_through_services(path: Path) -> None:
    assert not [name for name in imported(path) if name.startswith("oonib.warehouse")]


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_module_says_what_it_is(path: Path) -> None:
    assert ast.get_docstring(ast.parse(path.read_text()))


def test_what_is_imported_is_declared() -> None:
    """A library that only a development tool brings along is missing on a machine that just runs oonib."""
    declared = {
        re.match(r"[\w-]+", line).group().lower().replace("_", "-")
        for line in requires("oonib") or []
        if "extra ==" not in line or re.search(r"extra == '(credentials|tables)'", line)
    }
    declared |= {"starlette", "chdb-core"}  # parts of fastapi and chdb
    names = {name.split(".")[0] for path in MODULES for name in imported(path)} - {"oonib"}
    providers = packages_distributions()
    missing = {
        name
        for name in names - sys.stdlib_module_names
        if not {owner.lower().replace("_", "-") for owner in providers.get(name, [])} & declared
    }
    assert missing == set()
