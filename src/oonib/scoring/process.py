"""One stored body to its outcome: a scored row, a discard by rule, or a dead letter (fastpath contract 2).

Owns the order of the steps and what becomes of measurements that production loses: a row with base scores,
accuracy 0.0 and a `msg` naming the problem, as long as report, country, network and times are known
(fastpath contract 15).
"""

from dataclasses import dataclass
from typing import Any

from oonib.scoring.access import Measurement, Scores, Unscorable
from oonib.scoring.base import flags_of, problem_scores
from oonib.scoring.identity import Identity, identify
from oonib.scoring.matching import Matcher
from oonib.scoring.obs_openvpn import obs_openvpn_row
from oonib.scoring.refusal import Discard, Undeliverable
from oonib.scoring.registry import USES_FINGERPRINTS, score_measurement
from oonib.scoring.row import FASTPATH_COLUMNS, fastpath_row
from oonib.scoring.times import check_date
from oonib.scoring.unwrap import Unwrapped, unwrap

_INPUT = FASTPATH_COLUMNS.index("input")
_TEST_NAME = FASTPATH_COLUMNS.index("test_name")


@dataclass(frozen=True, slots=True)
class Scored:
    """A measurement with its row, and for openvpn the row of obs_openvpn."""

    uid: str
    test_name: str
    scores: Scores
    row: tuple[Any, ...]
    openvpn: tuple[Any, ...] | None = None


@dataclass(frozen=True, slots=True)
class Discarded:
    """Left out by a named rule: `no_report_id`, `cc_zz` or `asn_0`."""

    uid: str
    reason: str


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """No row can be made of it. `reason` is a stable token, `detail` a sentence."""

    uid: str
    reason: str
    detail: str


def score_body(raw: bytes, uid: str, matcher: Matcher) -> Scored | Discarded | DeadLetter:
    """Score the stored bytes of one measurement. Never raises, whatever the bytes."""
    try:
        if not uid:
            raise Undeliverable("no_uid", "the measurement has no uid")
        unwrapped = unwrap(raw)
        identity = identify(unwrapped.measurement)
        return _score(uid, unwrapped, identity, matcher)
    except Discard as outcome:
        return Discarded(uid, outcome.reason)
    except Undeliverable as problem:
        return DeadLetter(uid, problem.reason, problem.detail)
    except Exception as exc:  # noqa: BLE001 - strangers write these bytes; one must never stop the rest
        return DeadLetter(uid, "internal_error", f"{type(exc).__name__}: {exc}"[:500])


def _score(uid: str, unwrapped: Unwrapped, identity: Identity, matcher: Matcher) -> Scored:
    measurement = unwrapped.measurement
    try:
        scores = score_measurement(measurement, matcher)
        check_date(scores, uid, identity.measurement_start_time)
        return _scored(uid, unwrapped, identity, scores, matcher)
    except Unscorable as exc:
        problem = exc.problem
    except Exception as exc:  # noqa: BLE001 - a shape no rule foresees is a problem of the measurement
        problem = f"unexpected shape ({type(exc).__name__})"
    if not identity.report_id or not identity.probe_cc:
        missing = "probe_cc" if identity.report_id else "report_id"
        raise Undeliverable(f"no_{missing}", f"{missing} is missing, and {problem}")
    return _scored(uid, unwrapped, identity, problem_scores(problem), matcher, mend=True)


def _scored(
    uid: str,
    unwrapped: Unwrapped,
    identity: Identity,
    scores: Scores,
    matcher: Matcher,
    *,
    mend: bool = False,
) -> Scored:
    measurement = unwrapped.measurement
    flags = flags_of(scores)
    row = fastpath_row(
        uid,
        measurement,
        identity,
        scores,
        flags,
        is_verified=unwrapped.is_verified,
        snapshot=_snapshot(measurement, matcher),
        mend=mend,
    )
    openvpn = None
    if measurement.get("test_name") == "openvpn" and not mend:
        openvpn = obs_openvpn_row(uid, measurement, identity, row[_INPUT], flags)
    return Scored(uid, row[_TEST_NAME], scores, row, openvpn)


def _snapshot(measurement: Measurement, matcher: Matcher) -> str:
    name = measurement.get("test_name")
    return matcher.snapshot_id if isinstance(name, str) and name in USES_FINGERPRINTS else ""
