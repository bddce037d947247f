"""The pages of the test lists: a list with one's own changes, the form of an entry, and their submission."""

from oonib.web.lists.service import ListPages

__all__ = ["ListPages"]
