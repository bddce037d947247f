"""Gathers the page of one measurement. Knows no HTTP and no store: it asks what it was given.

Row, body, place, counts and what people say are looked up each on its own: one that is away is told in its
place, and the rest is shown.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol
from urllib.parse import quote

import orjson
from pydantic import ValidationError

from oonib.errors import Gone, Invalid, NotFound, OonibError, Timeout, Unavailable
from oonib.feedback.service import FeedbackService
from oonib.measurements.schema import MetaParameters, OneParameters
from oonib.measurements.service import MeasurementService
from oonib.model import jsontext
from oonib.model.uid import BadUid, parse_uid
from oonib.records import RecordsUnavailable
from oonib.web.counts import Counts
from oonib.web.frame.view import View
from oonib.web.measurement import circumstances
from oonib.web.measurement.judgements import WORDS
from oonib.web.measurement.neighbours import neighbours, question
from oonib.web.measurement.nettests import story
from oonib.web.measurement.provenance import Place, provenance
from oonib.web.measurement.reading import Fields, fields, raw, text
from oonib.web.measurement.steps import timeline
from oonib.web.measurement.story import Subject

_UID_RE = re.compile(r"[A-Za-z0-9._-]{3,200}", re.ASCII)
_LINES = 120
_LARGEST = 8 * 1024 * 1024
"""Bytes of a body up to which a page reads it; it can be downloaded whatever its size."""


class Placing(Protocol):
    """Who knows where the archive has a measurement."""

    def __call__(self, uid: str, report_id: str, input_text: str | None) -> Place | None:
        """Its place. Raises `Unavailable` and `Timeout`."""


@dataclass(frozen=True, slots=True)
class Kept:
    """The body, or why there is none. `removed`: what is left of one that was removed."""

    content: bytes | None = None
    problem: str = ""
    removed: Gone | None = None


@dataclass(frozen=True, slots=True)
class Spoken:
    """What people say: how often each status, and what the visitor said; None: it cannot be read."""

    counts: dict[str, int]
    own: str | None


class MeasurementPages:
    """Makes pages. `placed` knows places in the archive."""

    def __init__(
        self,
        measurements: MeasurementService,
        counts: Counts,
        feedback: FeedbackService,
        placed: Placing,
    ) -> None:
        self._measurements = measurements
        self._counts = counts
        self._feedback = feedback
        self._placed = placed

    def page(self, uid: str, account_id: str | None = None) -> View:
        """The page of a measurement, for somebody. Raises `Unavailable` where there is nothing to say."""
        if not _UID_RE.fullmatch(uid):
            return missing(uid)
        row, row_problem = self._row(uid)
        self._counts.ask(_asked(Subject(uid, row, {})))
        kept = self._kept(uid)
        if kept.removed is not None:
            return removed(uid, kept.removed)
        if not row and kept.content is None:
            if row_problem or kept.problem:
                raise Unavailable(row_problem or kept.problem, retry_after=5)
            return missing(uid)
        subject = Subject(uid, row, _parsed(kept.content))
        return self._shown(subject, kept, row_problem, account_id)

    def uid_of(self, report_id: str, input_text: str) -> str:
        """The measurement of a report with an input. Raises `NotFound` and what `meta` raises."""
        try:
            given = {"report_id": report_id, "input": input_text}
            found, _ = self._measurements.meta(MetaParameters.model_validate(given))
        except (ValidationError, Invalid):
            found = {}
        if not found:
            raise NotFound("No measurement of this report has this input")
        return str(found["measurement_uid"])

    def say(self, uid: str, status: str, account_id: str) -> None:
        """Somebody says what a measurement shows. Raises `BadRequest` and `Invalid`."""
        self._feedback.give(uid, status, account_id)

    def _row(self, uid: str) -> tuple[dict[str, Any], str]:
        try:
            asked = MetaParameters.model_validate({"measurement_uid": uid})
            return self._measurements.meta(asked)[0], ""
        except (Unavailable, Timeout) as exc:
            return {}, exc.message

    def _kept(self, uid: str) -> Kept:
        try:
            return Kept(self._measurements.raw(OneParameters.model_validate({"measurement_uid": uid})))
        except Gone as exc:
            return Kept(removed=exc)
        except NotFound:
            return Kept()
        except OonibError as exc:
            return Kept(problem=exc.message)

    def _shown(self, subject: Subject, kept: Kept, row_problem: str, account_id: str | None) -> View:
        told = story(subject)
        place, place_problem = self._place(subject)
        origin = provenance(subject.uid, kept.content, place, self._measurements.base_url)
        counted = next(iter(self._counts.get(_asked(subject))), None)
        asn, network_name = circumstances.network(subject)
        data = {
            "measurement_uid": subject.uid,
            "state": "scored" if subject.row else "unknown" if row_problem else "unscored",
            "verdict": subject.verdict,
            "flags": {name: subject.row.get(name) for name in ("anomaly", "confirmed", "failure")},
            "headline": told.headline,
            "because": told.because,
            "evidence": told.evidence,
            "compared": told.compared,
            "timeline": timeline(subject.keys),
            "test_name": text(subject.test_name, 100),
            "input": text(subject.input, 2000),
            "probe_cc": text(subject.probe_cc, 20),
            "probe_asn": asn,
            "network_name": network_name,
            "measured_at": circumstances.started(subject),
            "circumstances": circumstances.circumstances(subject),
            "scores": subject.scores,
            "neighbours": neighbours(subject, counted),
            "provenance": origin,
            "feedback": self._spoken(subject.uid, account_id),
            "problems": {"row": row_problem, "body": kept.problem, "place": place_problem},
        }
        return View("measurement/measurement.html", data, _extra(subject, kept), section="search")

    def _place(self, subject: Subject) -> tuple[Place | None, str]:
        report = raw(subject.row.get("report_id"))
        try:
            return self._placed(subject.uid, report, subject.input if subject.row else None), ""
        except (Unavailable, Timeout) as exc:
            return None, exc.message

    def _spoken(self, uid: str, account_id: str | None) -> Spoken | None:
        try:
            return Spoken(*self._feedback.summary(uid, account_id))
        except RecordsUnavailable:
            return None


def _asked(subject: Subject) -> list[dict[str, Any]]:
    asked = question(subject)
    return [asked] if asked else []


def _extra(subject: Subject, kept: Kept) -> dict[str, Any]:
    safe = quote(subject.uid, safe="")
    return {
        "uid": subject.uid,
        "body_url": f"/api/v1/measurement/{safe}",
        "page_url": f"/m/{safe}",
        "has_body": kept.content is not None,
        "has_parsed": bool(subject.body),
        "report_search": circumstances.report_search(subject),
        "quoted": lambda key: quote(key, safe="/", errors="replace"),
        "words": WORDS,
        "scores_text": _pretty(subject.scores),
        "sentence": lambda status: WORDS.get(status, text(status, 60)),
    }


def _pretty(scores: Fields) -> str:
    lines = orjson.dumps(scores, option=orjson.OPT_INDENT_2).decode().split("\n") if scores else []
    return "\n".join(text(line) for line in lines[:_LINES]) + ("\n…" if len(lines) > _LINES else "")


def _parsed(content: bytes | None) -> Fields:
    if content is None or len(content) > _LARGEST:
        return {}
    try:
        return fields(jsontext.loads(content))
    except jsontext.MalformedJson:
        return {}


def removed(uid: str, gone: Gone) -> View:
    """What is left of a measurement that was removed."""
    tombstone = {name: text(gone.extra.get(name)) for name in ("removed_at", "removed_by", "reason")}
    data = {"measurement_uid": uid, "state": "removed", "tombstone": tombstone}
    proof = f"/api/v1/archive/proof/{quote(uid, safe='')}"
    return View("measurement/removed.html", data, {"proof": proof}, section="search", status=410)


def missing(uid: str) -> View:
    """There is no such measurement; what may have been meant."""
    near = {}
    try:
        meant = parse_uid(uid)
        day = f"{meant.stamp[:4]}-{meant.stamp[4:6]}-{meant.stamp[6:8]}"
        near = {"probe_cc": meant.cc, "day": day}
    except BadUid:
        pass
    data = {"measurement_uid": text(uid, 200), "state": "missing", "error": "Measurement not found"}
    return View("measurement/missing.html", data, {"near": near}, section="search", status=404)
