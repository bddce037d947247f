"""The rules of priority that people make: listed for everybody, changed by admins, heeded by check-in.

Owns how rules are kept and changed. What a rule means, and what follows from it, belongs to `checkin`.
"""

from oonib.priorities.store import RuleStore

__all__ = ["RuleStore"]
