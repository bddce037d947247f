"""Charts as PNG, drawn by resvg with a font of the package, so that they look the same on every machine."""

from functools import cache
from importlib import resources

import resvg_py

from oonib.web.charts.writing import FONT

_ZOOM = 2.0
_FOLDER = "vendor/dejavu-fonts-2.37"
_FILES = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf")


def png(svg: str) -> bytes:
    """A standalone chart at twice its size. Nothing outside of the picture is read."""
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=svg,
            zoom=_ZOOM,
            background="#ffffff",
            skip_system_fonts=True,
            font_files=list(_fonts()),
            font_family=FONT,
            sans_serif_family=FONT,
        )
    )


@cache
def _fonts() -> tuple[str, ...]:
    folder = resources.files("oonib.web") / _FOLDER
    return tuple(str(folder / name) for name in _FILES)
