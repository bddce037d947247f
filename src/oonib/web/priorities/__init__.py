"""The page of the rules that say what probes measure first, and of what follows from them for a network."""

from oonib.web.priorities.service import PriorityPages

__all__ = ["PriorityPages"]
