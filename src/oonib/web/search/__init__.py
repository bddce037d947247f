"""The search page: the filters of `/api/v1/measurements` as a form, the list, and counts beside it.

Owns how an address is read for people and what stands where nothing is found. What the filters mean and
which are refused is the business of `oonib.measurements`.
"""

from oonib.web.search.service import SearchService

__all__ = ["SearchService"]
