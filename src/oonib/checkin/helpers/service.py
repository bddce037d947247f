"""Which helpers a probe is told of now: the file in force, the strategy, the probe's address."""

import random
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Self

from oonib.checkin.helpers.entries import KEYS, USUAL, WEB, HelperLists, parse_helpers
from oonib.checkin.helpers.ordering import Draw, Strategy, in_order
from oonib.checkin.watched import WatchedFile
from oonib.errors import BadRequest

_ONION = "httpo://guegdifjy7bjpequ.onion"
_FRONT = "dkyhjv0wpi2dk.cloudfront.net"
_HELPER_FRONT = "d33d1gs9kpq1c5.cloudfront.net"


class TestHelpers:
    """The helpers of one process. `lists` gives those in force at this moment."""

    # The name is the domain's; it is no test class.
    __test__ = False

    def __init__(
        self,
        lists: Callable[[], HelperLists] = lambda: USUAL,
        strategy: Strategy = "random",
        draw: Draw = random.random,
    ) -> None:
        self._lists = lists
        self._strategy = strategy
        self._draw = draw

    @classmethod
    def build(cls, path: Path | None, strategy: Strategy, note: Callable[[str, str], None]) -> Self:
        """The helpers that the file at `path` names, the usual ones without a file or a good one yet."""
        if path is None:
            return cls(strategy=strategy)
        file = WatchedFile(path, parse_helpers, setting="test_helpers", note=note)
        return cls(lambda: file.current() or USUAL, strategy)

    def for_checkin(self, address: str = "") -> dict[str, list[dict[str, str]]]:
        """The answer of `GET /api/v1/test-helpers`, also `conf.test_helpers` of check-in.

        `address` is the probe's own, for the strategies that go by it; it is not kept.
        """
        lists = self._lists()
        shown = {key: [helper.shown() for helper in lists[key] if helper.state != "draining"] for key in KEYS}
        ordered = in_order(lists[WEB], self._strategy, address, self._draw)
        return {**shown, WEB: [helper.shown() for helper in ordered]}


def collectors() -> list[dict[str, str]]:
    """Where probes of before 2020 may submit (probe contract 3.3), each twice as they are used to."""
    return [
        {"address": _ONION, "type": "onion"},
        {"address": "https://ams-pg.ooni.org:443", "type": "https"},
        {"address": f"https://{_FRONT}", "front": _FRONT, "type": "cloudfront"},
    ] * 2


def net_tests(asked: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of `POST /bouncer/net-tests` to probes of before 2020. Raises `BadRequest`.

    Only the first of the nettests is looked at (probe contract 3.4).
    """
    wanted = asked.get("net-tests")
    first = wanted[0] if isinstance(wanted, list) and wanted else None
    if not isinstance(first, dict):
        raise BadRequest("net-tests is not a list of objects")
    name, version = first.get("name"), first.get("version")
    if not (_is_text(name) and _is_text(version)):
        raise BadRequest("name or version of the nettest is missing")
    return {"net-tests": [{"name": name, "version": version, **_bouncer()}]}


def _is_text(value: object) -> bool:
    """Whether it can be echoed: a lone surrogate has no UTF-8 form."""
    return isinstance(value, str) and not any("\ud800" <= char <= "\udfff" for char in value)


def _bouncer() -> dict[str, Any]:
    return {
        "collector": _ONION,
        "collector-alternate": [
            {"type": "https", "address": "https://ams-pg.ooni.org"},
            {"type": "cloudfront", "front": _FRONT, "address": f"https://{_FRONT}"},
        ],
        "input-hashes": None,
        "test-helpers": {
            "tcp-echo": "37.218.241.93",
            "http-return-json-headers": "http://37.218.241.94:80",
            WEB: "httpo://y3zq5fwelrzkkv3s.onion",
        },
        "test-helpers-alternate": {
            WEB: [
                {"type": "https", "address": "https://wcth.ooni.io"},
                {"type": "cloudfront", "front": _HELPER_FRONT, "address": f"https://{_HELPER_FRONT}"},
            ]
        },
    }
