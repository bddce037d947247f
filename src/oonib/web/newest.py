"""The newest measurements as a table for people. Pure: rows of a listing in, texts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from oonib.web.text import shown


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scores say: a word, a sign beside it, a style. The word alone carries the meaning."""

    word: str
    sign: str
    style: str


CONFIRMED = Verdict("Confirmed", "✕", "confirmed")
FAILURE = Verdict("Failure", "?", "failure")
ANOMALY = Verdict("Anomaly", "!", "anomaly")
NORMAL = Verdict("No anomaly", "✓", "normal")


@dataclass(frozen=True, slots=True)
class Line:
    """A measurement in the table. Texts are made visible, not yet escaped."""

    time: str
    country: str
    network: str
    nettest: str
    input: str
    verdict: Verdict
    body_url: str
    uid: str


def line(listed: Mapping[str, Any]) -> Line:
    """A row of a listing (`measurements.answers.listed`) as a line."""
    uid = str(listed["measurement_uid"])
    return Line(
        time=f"{str(listed['measurement_start_time'])[:19].rstrip('Z')}Z",
        country=shown(str(listed["probe_cc"])),
        network=shown(str(listed["probe_asn"])),
        nettest=shown(str(listed["test_name"])),
        input=shown(str(listed["input"] or "")),
        verdict=verdict(listed),
        # A path of this host: what was measured is shown as text and never becomes a link.
        body_url="/api/v1/raw_measurement?" + urlencode({"measurement_uid": uid}, errors="replace"),
        uid=shown(uid),
    )


def verdict(listed: Mapping[str, Any]) -> Verdict:
    """The strongest of the three flags. A failed measurement says nothing about blocking."""
    if listed["confirmed"]:
        return CONFIRMED
    if listed["failure"]:
        return FAILURE
    return ANOMALY if listed["anomaly"] else NORMAL
