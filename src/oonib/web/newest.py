"""The newest measurements as a table for people. Pure: rows of a listing in, texts out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from oonib.web.frame.said import Said, said
from oonib.web.text import shown


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the scores say: a word, a sign beside it, a style. The word alone carries the meaning."""

    word: Said
    sign: str
    style: str


CONFIRMED = Verdict(said("Confirmed"), "✕", "confirmed")
FAILURE = Verdict(said("Failure"), "?", "failure")
ANOMALY = Verdict(said("Anomaly"), "!", "anomaly")
NORMAL = Verdict(said("No anomaly"), "✓", "normal")
VERDICTS = (CONFIRMED, FAILURE, ANOMALY, NORMAL)


@dataclass(frozen=True, slots=True)
class Line:
    """A measurement in the table. Texts are made visible, not yet escaped."""

    time: str
    country: str
    network: str
    nettest: str
    input: str
    verdict: Verdict
    page_url: str
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
        page_url="/m/" + quote(uid, safe="", errors="replace"),
        uid=shown(uid),
    )


def verdict(listed: Mapping[str, Any]) -> Verdict:
    """The strongest of the three flags. A failed measurement says nothing about blocking."""
    if listed["confirmed"]:
        return CONFIRMED
    if listed["failure"]:
        return FAILURE
    return ANOMALY if listed["anomaly"] else NORMAL
