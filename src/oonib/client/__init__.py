"""A client of the HTTP API for programs and notebooks: search, counts, bodies, the live feed, the archive.

Imports nothing of the server; needs httpx, and pandas where a table is asked for.
"""

from oonib.client.client import Client
from oonib.client.download import Archive, Downloaded
from oonib.client.errors import (
    BadAnswer,
    ChecksumMismatch,
    ClientError,
    NotFound,
    QuotaExceeded,
    Refused,
    TooMuch,
    Unavailable,
)
from oonib.client.shapes import AggregationFilters, Counts, Measurement, SearchFilters
from oonib.client.streaming import Event

__all__ = [
    "AggregationFilters",
    "Archive",
    "BadAnswer",
    "ChecksumMismatch",
    "Client",
    "ClientError",
    "Counts",
    "Downloaded",
    "Event",
    "Measurement",
    "NotFound",
    "QuotaExceeded",
    "Refused",
    "SearchFilters",
    "TooMuch",
    "Unavailable",
]
