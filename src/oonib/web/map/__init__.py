"""The map of the world on the home page: how much of what was measured was interfered with, and where.

Owns the counts behind it, the classes of colour and the drawing. Shapes are those of the vendored world-atlas
(`python -m docs.world` makes them).
"""

from oonib.web.map.counting import CountryCounts, World, WorldService
from oonib.web.map.drawing import world_map

__all__ = ["CountryCounts", "World", "WorldService", "world_map"]
