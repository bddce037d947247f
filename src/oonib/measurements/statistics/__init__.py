"""Statistics for the pages of Explorer and older clients, `/api/_/…` (data contract 5).

Owns what each one counts, over which window, and how long an answer is kept. All of them count the latest
version of each measurement.
"""

from oonib.measurements.statistics.service import Statistics

__all__ = ["Statistics"]
