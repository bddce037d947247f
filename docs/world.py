"""Makes the shapes of countries for the map: `python -m docs.world countries-50m.json`.

Reads the TopoJSON of the npm package world-atlas (geometry of Natural Earth, in the public domain), projects
it with Equal Earth, so that areas compare, simplifies it, and writes one SVG path for each country by its
code of two letters, in units of half a pixel. Neighbours keep common borders: arcs are simplified, not areas.
Countries too small to be seen become dots. Antarctica is left out. What ISO 3166 has no code for belongs to
the code of the country that the United Nations count it to, and so does Crimea. The map is cut in the Bering
Strait, where no country is.
"""

import json
import math
import sys
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.core import get_global

OUT = Path(__file__).parent.parent / "src/oonib/web/vendor/world-atlas-2.0.2/world.json"
WIDTH = 2000
_TOLERANCE = 1.3
_SMALLEST_ISLAND = 8.0
_DOT = 4
_MIDDLE = 11.0
_NO_CODE = {"Kosovo": "XK", "N. Cyprus": "CY", "Somaliland": "SO"}
_CRIMEA = ((32.0, 46.4), (37.0, 44.0))
_LEFT_OUT = {"AQ", "TF", "HM"}

Point = tuple[float, float]


def equal_earth(longitude: float, latitude: float) -> Point:
    """Šavrič, Patterson and Jenny 2018, on a sphere of radius 1, y upwards."""
    a1, a2, a3, a4 = 1.340264, -0.081106, 0.000893, 0.003796
    theta = math.asin(math.sqrt(3) / 2 * math.sin(math.radians(latitude)))
    t2 = theta * theta
    t6 = t2**3
    x = 2 * math.sqrt(3) * math.radians(longitude) * math.cos(theta)
    x /= 3 * (9 * a4 * t6 * t2 + 7 * a3 * t6 + 3 * a2 * t2 + a1)
    return x, theta * (a1 + a2 * t2 + t6 * (a3 + a4 * t2))


_HALF = equal_earth(180, 0)[0]
_TOP = equal_earth(0, 84)[1]
_BOTTOM = equal_earth(0, -56.5)[1]
_SCALE = WIDTH / (2 * _HALF)
HEIGHT = round((_TOP - _BOTTOM) * _SCALE)


def projected(longitude: float, latitude: float) -> Point:
    """A place on the map."""
    x, y = equal_earth((longitude - _MIDDLE + 180) % 360 - 180, latitude)
    return (x + _HALF) * _SCALE, (_TOP - y) * _SCALE


def decoded(topology: dict[str, Any]) -> Iterator[list[Point]]:
    """The arcs on the map."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    for arc in topology["arcs"]:
        x = y = 0
        line = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            line.append(projected(x * kx + dx, y * ky + dy))
        yield line


def simplified(line: list[Point]) -> list[Point]:
    """Douglas and Peucker, without recursion; ends stay."""
    keep = {0, len(line) - 1}
    todo = [(0, len(line) - 1)]
    if line[0] == line[-1] and len(line) > 3:
        # A ring has no ends: its two farthest points hold it.
        far = max(range(len(line)), key=lambda number: math.dist(line[0], line[number]))
        keep.add(far)
        todo = [(0, far), (far, len(line) - 1)]
    while todo:
        first, last = todo.pop()
        inner = range(first + 1, last)
        if not inner:
            continue
        worst = max(inner, key=lambda number: _distance(line[number], line[first], line[last]))
        if _distance(line[worst], line[first], line[last]) > _TOLERANCE:
            keep.add(worst)
            todo += [(first, worst), (worst, last)]
    return [line[number] for number in sorted(keep)]


def _distance(point: Point, start: Point, end: Point) -> float:
    length = math.dist(start, end)
    if length == 0:
        return math.dist(point, start)
    (x, y), (x1, y1), (x2, y2) = point, start, end
    along = ((x - x1) * (x2 - x1) + (y - y1) * (y2 - y1)) / length**2
    along = min(1.0, max(0.0, along))
    return math.dist(point, (x1 + along * (x2 - x1), y1 + along * (y2 - y1)))


def ring(arcs: list[list[Point]], numbers: Iterable[int]) -> list[Point]:
    """Arcs put together."""
    line: list[Point] = []
    for number in numbers:
        arc = arcs[number] if number >= 0 else arcs[~number][::-1]
        line += arc[1:] if line else arc
    return line


def _is_torn(line: list[Point]) -> bool:
    # A few islands of the Aleutians lie on both sides of the cut.
    return any(abs(x1 - x2) > WIDTH / 2 for (x1, _), (x2, _) in pairwise(line))


def _is_crimea(line: list[Point]) -> bool:
    (west, north), (east, south) = (projected(*corner) for corner in _CRIMEA)
    return all(west <= x <= east and north <= y <= south for x, y in line)


def area(line: list[Point]) -> float:
    """The surface of a ring."""
    pairs = zip(line, line[1:] + line[:1], strict=True)
    return abs(sum(x1 * y2 - x2 * y1 for (x1, y1), (x2, y2) in pairs)) / 2


def polygons(geometry: dict[str, Any]) -> list[list[list[int]]]:
    """The polygons of a geometry: rings of arcs."""
    found = geometry.get("arcs", [])
    return [found] if geometry["type"] == "Polygon" else found


def path(rings: list[list[Point]]) -> str:
    """Rings as SVG, in whole numbers relative to the last point."""
    text, x, y = "", 0, 0
    for line in rings:
        points = [(round(px), round(py)) for px, py in line[:-1]]
        points = [point for number, point in enumerate(points) if point != points[number - 1]]
        if len(points) < 3:
            continue
        for number, (px, py) in enumerate(points):
            text += f"{'ml'[min(number, 1)] if number < 2 else ' '}{px - x},{py - y}"
            x, y = px, py
        text += "z"
        x, y = points[0]
    return text.replace(",-", "-").replace(" -", "-").replace(",", " ")


def dot(line: list[Point]) -> str:
    """A dot where a small country is."""
    x = round(sum(x for x, _ in line) / len(line))
    y = round(sum(y for _, y in line) / len(line))
    r = _DOT
    return f"m{x - r} {y}a{r} {r} 0 1 0 {2 * r} 0a{r} {r} 0 1 0-{2 * r} 0z"


def countries(topology: dict[str, Any]) -> dict[str, str]:
    """Code to path."""
    full = list(decoded(topology))
    arcs = [simplified(line) for line in full]
    codes = get_global("territory_aliases")
    made: dict[str, str] = {}
    for geometry in topology["objects"]["countries"]["geometries"]:
        name = geometry["properties"]["name"]
        code = codes.get(geometry.get("id", ""), [_NO_CODE.get(name)])[0]
        if code is None or code in _LEFT_OUT:
            print(f"left out: {name}", file=sys.stderr)
            continue
        outer = sorted((area(ring(full, rings[0])), rings) for rings in polygons(geometry))
        outer = [(size, rings) for size, rings in outer if not _is_torn(ring(full, rings[0]))]
        crimea = [part for part in outer if code == "RU" and _is_crimea(ring(full, part[1][0]))]
        for _, rings in crimea:
            made["UA"] = made.get("UA", "") + _absolute(path([ring(arcs, numbers) for numbers in rings]))
        outer = [part for part in outer if part not in crimea]
        kept = [rings for size, rings in outer if size >= _SMALLEST_ISLAND]
        whole = sum(size for size, _ in outer)
        d = path([ring(arcs, numbers) for rings in kept for numbers in rings])
        if not d or whole < 2 * _SMALLEST_ISLAND:
            d = dot(ring(full, outer[-1][1][0]))
        made[code] = made.get(code, "") + _absolute(d)
    return dict(sorted(made.items()))


def _absolute(d: str) -> str:
    # The first move of a path that is appended to another counts from its end, unless it is absolute.
    return "M" + d[1:]


def main(source: Path) -> None:
    """Write the file."""
    made = countries(json.loads(source.read_text()))
    world = {"width": WIDTH, "height": HEIGHT, "paths": made}
    OUT.write_text(json.dumps(world, separators=(",", ":")) + "\n")
    print(f"{len(made)} countries, {OUT.stat().st_size} bytes")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
