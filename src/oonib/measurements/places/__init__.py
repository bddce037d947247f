"""What is measured in a country, in a network, of a domain: counts by day, and what is judged to be blocked.

Owns the judgement and its rules. Reads `fastpath_axes`, the test lists and the owners of networks; writes
nothing.
"""

from oonib.measurements.places.service import PlacesService

__all__ = ["PlacesService"]
