"""What a sender is told when the spool does not take a measurement."""

from oonib.errors import NoRoom, OonibError, Unavailable
from oonib.spool import SpoolBusy, SpoolError, SpoolFull


def refusal_of(problem: SpoolError) -> OonibError:
    """The answer for each kind of failure; all of them mean: not stored, send it again."""
    if isinstance(problem, SpoolFull):
        return NoRoom(f"no room to store measurements: {problem}", retry_after=600)
    if isinstance(problem, SpoolBusy):
        return Unavailable(f"the spool is busy: {problem}", retry_after=5)
    return Unavailable("the measurement could not be stored durably", retry_after=60)
