"""A synthetic world of probes and censors, for demonstrations, tests and benchmarks.

Everything comes from a seed and the times that are given: no clock, no network, no real data.
"""

from oonib.simulate.censorship import Block
from oonib.simulate.outcome import Expected
from oonib.simulate.world import Measurement, World, fixed_size_body

__all__ = ["Block", "Expected", "Measurement", "World", "fixed_size_body"]
