"""Which URLs a probe measures first: of what matters, what is measured little (probe contract 2).

`Prioritisation` chooses. Rules, lists and rankings are pure; `store` reads ClickHouse, `sources` says where
rules come from, `shelf` and `rankings` remember for a second, `failover` knows what to hand out while
ClickHouse is away.
"""

from oonib.checkin.prioritisation.failover import Failover
from oonib.checkin.prioritisation.lists import Entry
from oonib.checkin.prioritisation.rules import DEFAULT_RULES, Rule
from oonib.checkin.prioritisation.service import NO_LIMIT, Choice, Prioritisation
from oonib.checkin.prioritisation.sources import RulesAway, RuleSource
from oonib.checkin.prioritisation.store import PriorityStore

__all__ = [
    "DEFAULT_RULES",
    "NO_LIMIT",
    "Choice",
    "Entry",
    "Failover",
    "Prioritisation",
    "PriorityStore",
    "Rule",
    "RuleSource",
    "RulesAway",
]
