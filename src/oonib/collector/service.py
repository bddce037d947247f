"""What happens to a submission: checked in the contract's order, wrapped, named, made durable.

Order of checks: probe contract 5.2 and 6.2. Nothing is stored before all of them hold; nothing is answered
with success before the spool says that the bytes are durable.
"""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import NamedTuple, TypeVar

from pydantic import ValidationError

from oonib.collector.arrivals import Arrivals
from oonib.collector.bodies import BodyLimits, decode_body, is_small
from oonib.collector.credentials import UNCLAIMED, Claim, Credentials, Verification
from oonib.collector.geocheck import GeoCheck
from oonib.collector.metadata import check_consistency, check_metadata
from oonib.collector.refusing import Refused, misformatted
from oonib.collector.schema import SubmitMeasurement
from oonib.collector.storing import refusal_of
from oonib.metrics import Metrics
from oonib.model import jsonspan, jsontext
from oonib.model.envelope import (
    BadEnvelope,
    Envelope,
    build_envelope,
    read_envelope,
    with_report_id,
    with_verdict,
)
from oonib.model.reportid import (
    BadReportId,
    ReportId,
    make_report_id,
    parse_report_id,
    tidy_asn,
    tidy_cc,
)
from oonib.model.uid import make_uid
from oonib.spool import Receipt, Spool, SpoolError, Submission
from oonib.spool.entries import digest_of

_Result = TypeVar("_Result")
_SMALL = 256 * 1024
"""Bodies up to this size, after decompression, are parsed on the event loop: a thread would cost more."""


@dataclass(frozen=True, slots=True)
class Prepared:
    """A submission that has passed every check, and what the answer says besides the uid."""

    submission: Submission
    verification: Verification


class Pending(NamedTuple):
    """A submission that has passed every check; `content` still as sent, without a verdict on its `claim`.

    `text` is `content` as characters, `own_id` whether it has a report id, which is replaced by `report_id`.
    """

    claim: Claim
    text: str
    content: bytes
    own_id: bool
    cc: str
    asn: str
    report_id: ReportId


class CollectorService:
    """Submissions of one API process. `clock` gives the time of reception (aware, UTC)."""

    def __init__(
        self,
        spool: Spool,
        metrics: Metrics,
        *,
        collector_id: str,
        limits: BodyLimits,
        clock: Callable[[], datetime],
        reach: Callable[[str], None],
        credentials: Credentials | None = None,
        geocheck: GeoCheck | None = None,
    ) -> None:
        self._spool = spool
        self._metrics = metrics
        self._collector_id = collector_id
        self._limits = limits
        self._clock = clock
        self._reach = reach
        self._geocheck = geocheck
        # Large bodies take memory several times their size while they are parsed: few at a time.
        self._large = asyncio.Semaphore(2)
        self._credentials = Credentials.absent() if credentials is None else credentials
        # A proof takes a processor for some 15 ms: a flood of them must leave some to the other submissions.
        self._proofs = asyncio.Semaphore(2)
        self._arrivals = Arrivals()

    async def open_report(self, body: bytes, content_encoding: str = "") -> str:
        """The id for a new report; odd claims become ZZ and AS0 (probe contract 4).

        Raises `Refused`, `TooLarge`.
        """
        claim = await self._off_the_loop(body, content_encoding, partial(self._claim, body, content_encoding))
        if not isinstance(claim, dict):
            raise misformatted("bad_json", "the body is not a JSON object")
        name = claim.get("test_name")
        test = name if isinstance(name, str) else ""
        cc, asn = tidy_cc(claim.get("probe_cc")), tidy_asn(claim.get("probe_asn"))
        return str(make_report_id(self._clock(), test, cc, asn, self._collector_id))

    def admit(self, report_id: str) -> ReportId | None:
        """Checks 1 to 5: None for a report id without network or country, whose body nobody looks at."""
        try:
            parsed = parse_report_id(report_id)
        except BadReportId as exc:
            refused = misformatted("bad_report_id", str(exc))
            self._metrics.bad.labels(refused.counted).inc()
            raise refused from None
        if int(parsed.asn) == 0:
            self._metrics.discarded_asn_0.inc()
            return None
        if parsed.cc.upper() == "ZZ":
            self._metrics.discarded_cc_zz.inc()
            return None
        return parsed

    async def receive(
        self, report_id: ReportId, body: bytes, content_encoding: str, address: str = ""
    ) -> Receipt:
        """Checks 6 to 9, then store. Raises `Refused`, `TooLarge`, `Unavailable`, `NoRoom`.

        `address`: where it came from, compared with what it says and forgotten.
        """
        self._metrics.received.inc()
        check = partial(self._classic, report_id, body, content_encoding)
        prepared = await self._prepare(body, content_encoding, check)
        return await self._store(prepared.submission, address)

    async def submit(
        self, body: bytes, content_encoding: str, address: str = ""
    ) -> tuple[Receipt, Verification]:
        """`submit_measurement` (probe contract 6.2). Raises as `receive`, and `ValidationError`."""
        self._metrics.received.inc()
        check = partial(self._credentialed, body, content_encoding)
        prepared = await self._prepare(body, content_encoding, check)
        if isinstance(prepared, Pending):
            async with self._proofs:
                prepared = await asyncio.to_thread(self._proven, prepared)
        return await self._store(prepared.submission, address), prepared.verification

    @property
    def protocol_version(self) -> str:
        """The protocol of anonymous credentials that answers name."""
        return self._credentials.protocol_version

    async def _prepare(self, body: bytes, content_encoding: str, check: Callable[[], _Result]) -> _Result:
        try:
            return await self._off_the_loop(body, content_encoding, check)
        except Refused as exc:
            self._metrics.bad.labels(exc.counted).inc()
            raise
        except ValidationError:
            self._metrics.bad.labels("bad_fields").inc()
            raise

    async def _off_the_loop(self, body: bytes, content_encoding: str, work: Callable[[], _Result]) -> _Result:
        """What `work` makes of `body`; in a thread where it could keep other requests waiting."""
        if is_small(body, content_encoding, _SMALL):
            return work()
        async with self._large:
            return await asyncio.to_thread(work)

    def _classic(self, report_id: ReportId, body: bytes, content_encoding: str) -> Prepared:
        envelope = self._envelope(decode_body(body, content_encoding, self._limits.decoded))
        check_consistency(report_id, envelope.claims)
        check_metadata(envelope.claims)
        stored = with_verdict(envelope, "u")
        digest = digest_of(str(report_id), envelope.content_bytes)
        return Prepared(
            self._submission(report_id.cc, report_id.test, str(report_id), digest, stored),
            UNCLAIMED,
        )

    def _credentialed(self, body: bytes, content_encoding: str) -> Prepared | Pending:
        pending = self._pending(body, content_encoding)
        verification = self._credentials.glance(pending.claim)
        return pending if verification is None else self._wrapped(pending, verification)

    def _proven(self, pending: Pending) -> Prepared:
        verification = self._credentials.verify(pending.claim, pending.cc, pending.asn, pending.text)
        return self._wrapped(pending, verification)

    def _pending(self, body: bytes, content_encoding: str) -> Pending:
        request = SubmitMeasurement.model_validate(
            self._loads(decode_body(body, content_encoding, self._limits.decoded))
        )
        content = self._content(request.content)
        measurement = self._loads(content, "measurement")
        if not isinstance(measurement, dict):
            raise Refused("content is not the text of a JSON object", "bad_json")
        check_metadata(measurement)
        cc, asn = measurement["probe_cc"], measurement["probe_asn"]
        return Pending(
            Claim(request.nym, request.zkp_request, request.manifest_version, request.protocol_version),
            request.content,
            content,
            "report_id" in measurement,
            cc,
            asn,
            self._report_id(measurement["test_name"], cc, int(asn[2:])),
        )

    def _wrapped(self, pending: Pending, verification: Verification) -> Prepared:
        content, report_id = pending.content, str(pending.report_id)
        # Without a report id of its own (the rule) the text is not scanned at all.
        bare = jsonspan.without(content, "report_id") if pending.own_id else content
        stored = build_envelope(
            with_report_id(bare, report_id),
            verification.verdict,
            protocol=pending.claim.protocol,
            manifest=pending.claim.manifest,
        )
        digest = digest_of("", bare)
        submission = self._submission(pending.cc, pending.report_id.test, report_id, digest, stored)
        return Prepared(submission, verification)

    def _report_id(self, test_name: str, cc: str, asn: int) -> ReportId:
        try:
            made = make_report_id(self._clock(), test_name, cc, asn, self._collector_id)
            return parse_report_id(str(made))
        except BadReportId:
            # The name keeps fewer than two letters and digits, so no file could be named after it.
            raise Refused("Errors: [tn_len]", "bad_metadata", token="bad_metadata") from None

    def _claim(self, body: bytes, content_encoding: str) -> object:
        return self._loads(decode_body(body, content_encoding, self._limits.decoded))

    def _content(self, text: str) -> bytes:
        try:
            return text.encode("utf-8")
        except UnicodeEncodeError:
            reason = "content holds a lone surrogate, which has no UTF-8 form"
            raise Refused(reason, "bad_json") from None

    def _loads(self, raw: bytes, what: str = "body") -> object:
        try:
            return jsontext.loads(raw)
        except jsontext.MalformedJson as exc:
            if what == "measurement":
                raise Refused(exc.reason, "bad_json") from None
            raise misformatted("bad_json", exc.reason) from None

    def _envelope(self, raw: bytes) -> Envelope:
        try:
            return read_envelope(raw)
        except (jsontext.MalformedJson, BadEnvelope) as exc:
            raise misformatted("bad_json", str(exc)) from None

    def _submission(self, cc: str, test: str, report_id: str, digest: bytes, stored: bytes) -> Submission:
        uid = make_uid(self._clock(), cc, test.lower(), stored)
        return Submission(str(uid), report_id, digest, stored)

    async def _store(self, submission: Submission, address: str) -> Receipt:
        self._reach("collector.before_spool")
        started = time.perf_counter()
        try:
            receipt = await self._arrivals.of(self._spool.submit(submission))
        except SpoolError as exc:
            raise refusal_of(exc) from exc
        self._metrics.commit_seconds.observe(time.perf_counter() - started)
        (self._metrics.duplicates if receipt.duplicate else self._metrics.accepted).inc()
        if self._geocheck is not None and address and not receipt.duplicate:
            named = parse_report_id(submission.report_id)
            self._geocheck.note(address, named.cc, int(named.asn), receipt.uid, submission.stored)
        self._reach("collector.before_answer")
        return receipt
