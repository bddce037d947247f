"""One module per nettest; each owns its table of fastpath contract 3 and nothing else.

A module has a function `score(measurement, matcher) -> Scores`, which may raise `Unscorable`.
"""
