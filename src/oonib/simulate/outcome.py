"""What a simulated measurement was made to show, for tests and demonstrations to compare with."""

from dataclasses import dataclass
from typing import Literal

from oonib.simulate.censorship import Block

Noise = Literal["down", "control", "unknown", "parking", "vague", "broken"]


@dataclass(frozen=True, slots=True)
class Expected:
    """The planted truth: a block, a kind of noise, or neither; and the flags that scoring should find."""

    anomaly: bool = False
    confirmed: bool = False
    failure: bool = False
    block: Block | None = None
    noise: Noise | None = None


def of_block(block: Block) -> Expected:
    """Flags of a block: national and operator fingerprints confirm it, a product where it is expected."""
    return Expected(anomaly=True, confirmed=bool(block.fingerprint), block=block)


def of_noise(noise: Noise) -> Expected:
    """Flags of noise: false alarms look like blocking without confirmation, troubles fail."""
    false_alarm = noise in ("parking", "vague")
    return Expected(anomaly=false_alarm, failure=noise in ("control", "unknown", "broken"), noise=noise)
