"""The pages of places: `/countries`, `/networks`, `/domains` and the page of each.

Answers before graphs: what is blocked now comes first, as sentences that lead to the measurements behind
them. What counts as blocked is judged by `oonib.measurements.places`.
"""

from oonib.web.places.service import PlacePages

__all__ = ["PlacePages"]
