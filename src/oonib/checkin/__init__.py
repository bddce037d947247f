"""What probes ask for before they measure: check-in, and which URLs come first.

Nothing here may fail a probe's run: what is odd in a request counts as absent, what is away is done without.
"""
