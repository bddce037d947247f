"""What is vendored: each with its licence, and exactly the bytes that were looked at."""

import hashlib
import json
import re
from importlib import resources
from pathlib import Path

import pytest

from oonib.measurements.statistics.countries import NAMES

VENDOR = Path(str(resources.files("oonib.web") / "vendor"))
PACKAGES = sorted(folder.name for folder in VENDOR.iterdir() if folder.is_dir())


def test_there_are_the_ones_we_know() -> None:
    assert PACKAGES == ["dejavu-fonts-2.37", "world-atlas-2.0.2"]


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_is_what_its_sums_say(package: str) -> None:
    folder = VENDOR / package
    lines = (folder / "SHA256SUMS").read_text().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert set(sums) == {file.name for file in folder.iterdir()} - {"SHA256SUMS"}
    assert "LICENSE" in sums
    for name, digest in sums.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_fonts_are_small() -> None:
    assert sum(file.stat().st_size for file in (VENDOR / "dejavu-fonts-2.37").iterdir()) < 400_000


def test_the_shapes_are_those_of_countries() -> None:
    world = json.loads((VENDOR / "world-atlas-2.0.2" / "world.json").read_text())
    assert set(world["paths"]) - set(NAMES) == {"XK"}
    assert len(world["paths"]) > 225
    assert all(re.fullmatch(r"[MmlaZz0-9 -]+", d) for d in world["paths"].values())
