"""The scorer of one host's spool: reads on from its mark, scores in a pool of processes, writes rows.

Owns the order of effects (rows are durable before the mark moves) and what happens when something on the
way fails. The scores themselves are `scoring`'s.
"""

from oonib.fastpath.daemon import Fastpath

__all__ = ["Fastpath"]
