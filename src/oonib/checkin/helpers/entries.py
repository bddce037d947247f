"""One test helper, the set of all, and how a file says both (probe contract 3.1). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from oonib.model import jsontext

State = Literal["live", "canary", "draining"]

WEB = "web-connectivity"
KEYS = ("dns", "http-return-json-headers", "ssl", "tcp-echo", "traceroute", WEB)
"""The lists that an answer has, always all of them."""

_FIELDS = frozenset({"address", "type", "front", "weight", "state"})
_TYPES = frozenset({"https", "cloudfront", "onion", "legacy"})
_LONGEST = 512
_MOST = 1000
_HEAVIEST = 1_000_000


class BadHelpers(ValueError):
    """The file cannot be used. The message says where and why."""


@dataclass(frozen=True, slots=True)
class Helper:
    """One entry of a list. `weight` is its share of the probes against the others of its list.

    None means an equal share, of a canary a tenth of what the live ones have together.
    """

    address: str
    type: str
    front: str | None = None
    weight: float | None = None
    state: State = "live"

    def shown(self) -> dict[str, str]:
        """As probes see it."""
        front = {} if self.front is None else {"front": self.front}
        return {"address": self.address, "type": self.type, **front}


HelperLists = Mapping[str, tuple[Helper, ...]]
"""The helpers of each of `KEYS`, in the order of the file."""


def parse_helpers(raw: bytes) -> HelperLists:
    """Read a file: an object of lists as probes see them, entries with `weight` and `state` besides.

    A list that the file leaves out is the usual one. Raises `BadHelpers`.
    """
    try:
        value = jsontext.loads(raw)
    except jsontext.MalformedJson as exc:
        raise BadHelpers(f"not JSON: {exc.reason}") from None
    if not isinstance(value, dict) or not value.keys() <= set(KEYS):
        raise BadHelpers(f"not an object with keys among {', '.join(KEYS)}")
    lists = {**USUAL, **{key: _list(key, entries) for key, entries in value.items()}}
    if not any(helper.state == "live" and helper.type == "https" for helper in lists[WEB]):
        raise BadHelpers(f"{WEB}: no live helper of type https")
    return lists


def _list(key: str, entries: Any) -> tuple[Helper, ...]:
    if not isinstance(entries, list) or not 0 < len(entries) <= _MOST:
        raise BadHelpers(f"{key}: not a list of 1 to {_MOST} entries")
    helpers = tuple(_helper(f"{key}[{at}]", entry) for at, entry in enumerate(entries))
    if all(helper.state == "draining" for helper in helpers):
        raise BadHelpers(f"{key}: all entries are draining")
    return helpers


def _helper(where: str, entry: Any) -> Helper:
    if not isinstance(entry, dict) or not entry.keys() <= _FIELDS:
        raise BadHelpers(f"{where}: not an object with keys among {', '.join(sorted(_FIELDS))}")
    given = {key: value for key, value in entry.items() if value is not None}
    checks = {
        "address": _is_text(given.get("address")),
        "type": given.get("type") in _TYPES if isinstance(given.get("type"), str) else False,
        "front": "front" not in given or _is_text(given["front"]),
        "weight": "weight" not in given or _is_weight(given["weight"]),
        "state": given.get("state", "live") in get_args(State),
    }
    wrong = [field for field, right in checks.items() if not right]
    if wrong:
        raise BadHelpers(f"{where}: {wrong[0]} is missing or not acceptable")
    return Helper(**given)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and 0 < len(value) <= _LONGEST and value.isprintable() and value.isascii()


def _is_weight(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= _HEAVIEST


def _twice(address: str) -> tuple[Helper, ...]:
    return (Helper(address, "legacy"),) * 2


USUAL: HelperLists = {
    "dns": _twice("37.218.241.93:57004"),
    "http-return-json-headers": _twice("http://206.81.31.205:80"),
    "ssl": _twice("https://37.218.241.93"),
    "tcp-echo": _twice("134.209.237.204"),
    "traceroute": _twice("37.218.241.93"),
    WEB: (
        *(
            Helper(f"https://wcth{number}.fra1.{domain}", "https")
            for domain in ("ooni.org", "prod.ooni.io")
            for number in range(3)
        ),
        Helper("https://d33d1gs9kpq1c5.cloudfront.net", "cloudfront", "d33d1gs9kpq1c5.cloudfront.net"),
    ),
}
"""What OONI's own backend tells probes; in force where no file says otherwise."""
