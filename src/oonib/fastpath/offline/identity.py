"""A uid for a measurement that comes without one: made from its bytes alone, so that it is always the same.

It has the shape of the collector's (probe contract 5.4), as if the measurement had been received a minute
after it started, with the digest over the bytes as they were found. One without a readable time, country or
test name gets the shape of legacy uids (fastpath contract 9.3).
"""

import hashlib
import re
from datetime import timedelta
from typing import Any

import msgspec

from oonib.archive.fields import read_fields
from oonib.model import jsontext
from oonib.model.envelope import BadEnvelope
from oonib.model.uid import make_uid
from oonib.scoring.times import parse_time

_ON_THE_WAY = timedelta(minutes=1)
_CC_RE = re.compile(r"[A-Za-z]{2}", re.ASCII)
_TEST_RE = re.compile(r"[a-z0-9_]*[a-z0-9][a-z0-9_]*", re.ASCII)
_NO_DAY = "00000000"
_EARLIEST = 2000
"""A uid begins with a 2."""


class _Told(msgspec.Struct):
    probe_cc: Any = None
    test_name: Any = None
    measurement_start_time: Any = None
    content: Any = None


def made_uid(body: bytes) -> str:
    """The uid of a bare measurement or an envelope. Never raises, whatever the bytes.

    White space around it does not count, so a file and a line of the same measurement agree.
    """
    body = body.strip()
    told = _told(body)
    if isinstance(told["content"], dict):
        told |= {name: told["content"].get(name) for name in told if name != "content"}
    started = parse_time(told["measurement_start_time"])
    cc, test = told["probe_cc"], told["test_name"]
    if started is None:
        return _trivial(body, _NO_DAY)
    if started.year < _EARLIEST or not _fits(_CC_RE, cc) or not _fits(_TEST_RE, test):
        return _trivial(body, f"{started:%Y%m%d}".zfill(8))
    return str(make_uid(started + _ON_THE_WAY, cc, test.replace("_", ""), body))


def _told(body: bytes) -> dict[str, Any]:
    try:
        return read_fields(body, _Told)
    except (jsontext.MalformedJson, BadEnvelope, ValueError, OverflowError):
        return msgspec.structs.asdict(_Told())


def _fits(pattern: re.Pattern[str], value: object) -> bool:
    return isinstance(value, str) and pattern.fullmatch(value) is not None


def _trivial(body: bytes, day: str) -> str:
    return f"01{day}{hashlib.shake_128(body).hexdigest(15)}"
