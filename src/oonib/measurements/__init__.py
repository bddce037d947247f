"""Reading measurements: search, the row of one, and its body (data contract 1, 2).

Answers come from the `fastpath` table; bodies from the spool, other hosts and the archive. Owns no data.
"""
