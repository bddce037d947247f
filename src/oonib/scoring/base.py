"""The base of every scores object, and the flags read off a finished one (fastpath contract 2.2 and 2)."""

from dataclasses import dataclass

from oonib.scoring.access import Scores


def base_scores(general: float = 0.0) -> Scores:
    """The five blocking scores in the contract's key order, with `blocking_general` as given."""
    return {
        "blocking_general": general,
        "blocking_global": 0.0,
        "blocking_country": 0.0,
        "blocking_isp": 0.0,
        "blocking_local": 0.0,
    }


def failed_scores() -> Scores:
    """Base scores of a measurement that says nothing: `accuracy` 0.0, hence the failure flag."""
    scores = base_scores()
    scores["accuracy"] = 0.0
    return scores


def problem_scores(problem: str) -> Scores:
    """Scores of a measurement that production would lose (fastpath contract 15, "LOST cases")."""
    scores = failed_scores()
    scores["msg"] = problem
    return scores


@dataclass(frozen=True, slots=True)
class Flags:
    """Anomaly, confirmed, failure: independent of each other, every combination occurs."""

    anomaly: bool
    confirmed: bool
    failure: bool


def flags_of(scores: Scores) -> Flags:
    """Anomaly is `blocking_general` strictly above 0.5, failure is `accuracy` below 0.5."""
    return Flags(
        anomaly=scores.get("blocking_general", 0.0) > 0.5,
        confirmed=bool(scores.get("confirmed", False)),
        failure=scores.get("accuracy", 1.0) < 0.5,
    )
