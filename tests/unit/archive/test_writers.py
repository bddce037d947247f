"""Headers of members: as the standard library makes them, for any name and size."""

import tarfile

from hypothesis import example, given
from hypothesis import strategies as st

from oonib.archive.writers import _Headers

FOLDER = "var/lib/ooniapi/measurements/incoming/2026030210_BR_webconnectivity"
PARTS = st.text(st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=["Cs"]), min_size=1)
NAMES = st.lists(PARTS, min_size=1, max_size=4).map("/".join)
SIZES = st.integers(0, 8**12)


@given(st.lists(st.tuples(NAMES, SIZES), max_size=6))
@example(
    [(f"{FOLDER}/20260302101533.048211_BR_webconnectivity_5d0c91e2a47b3f68.post", n) for n in (0, 1, 70_000)]
)
@example([("x" * 30 + "/" + "x" * 20, 5), ("x" * 30 + "/" + "y" * 20, 8**11 - 1), ("x/" * 70 + "x", 3)])
@example([("/" + "a" * 100, 1), ("b" * 155 + "/" + "c" * 100, 1), ("b" * 156 + "/" + "c" * 100, 1)])
@example([("xxxx", 1), ("yxxx", 2), ("d/é", 1), ("d/e", 1), ("d/ee", 1)])
def test_the_same_as_of_the_standard_library(members: list[tuple[str, int]]) -> None:
    headers = _Headers()
    for name, size in members:
        info = tarfile.TarInfo(name)
        info.size = size
        try:
            wanted = info.tobuf(tarfile.USTAR_FORMAT)
        except ValueError:
            wanted = info.tobuf(tarfile.GNU_FORMAT)
        assert headers.make(name, size) == wanted
