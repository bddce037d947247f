"""What pages with forms have in common: what was wrong, what was done, pages of a list, Markdown."""

from oonib.web.editing.notices import notice
from oonib.web.editing.paging import Paged, paged
from oonib.web.editing.problems import Outdated, Problem, Refused, refusals, with_problems

__all__ = ["Outdated", "Paged", "Problem", "Refused", "notice", "paged", "refusals", "with_problems"]
