"""The form of a finding: its fields as text, from and to what the findings service knows. Pure."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from oonib.findings.schema import ChangedFinding, NewFinding
from oonib.web.frame.forms import Form

TEXTS = (
    "title", "slug", "short_description", "text", "start_time", "end_time", "reported_by", "email_address",
    "event_type",
)  # fmt: skip
LISTS = ("CCs", "ASNs", "domains", "test_names", "themes", "tags", "links")
FIELDS = (*TEXTS, *LISTS)
_COMMAS = re.compile(r"[,\s]+")
_LINES = re.compile(r"\s*[,\n]\s*")
_SPACED = frozenset({"themes", "tags"})
"""Lists whose values may have blanks in them."""


@dataclass(frozen=True, slots=True)
class Filled:
    """What stands in the form. `values`: by field, texts; `published` is no text. `version`: the one that was
    loaded, `seen` what its fields were then, as short digests.
    """

    values: Mapping[str, str]
    published: bool = False
    version: int = 0
    seen: str = ""

    @property
    def entered(self) -> dict[str, Any]:
        """As the service's schemas take it."""
        texts: dict[str, Any] = {name: self.values[name] for name in TEXTS}
        texts["slug"] = texts["slug"] or None
        texts["end_time"] = texts["end_time"] or None
        lists: dict[str, Any] = {name: _split(name, self.values[name]) for name in LISTS}
        lists["CCs"] = [code.upper() for code in lists["CCs"]]
        lists["ASNs"] = [code.upper().removeprefix("AS") for code in lists["ASNs"]]
        return {**texts, **lists, "published": self.published}

    def new(self) -> NewFinding:
        """Raises pydantic's `ValidationError`."""
        return NewFinding.model_validate(self.entered)

    def changed(self, finding_id: str) -> ChangedFinding:
        """Raises pydantic's `ValidationError`."""
        return ChangedFinding.model_validate({**self.entered, "id": finding_id})

    def differs_from(self, now: "Filled") -> list[str]:
        """The fields that somebody else changed since this was loaded."""
        before = dict(part.split(":", 1) for part in self.seen.split() if ":" in part)
        return [name for name in FIELDS if before.get(name) != _digest(now.values[name])]


EMPTY = Filled(dict.fromkeys(FIELDS, ""))


def of_finding(finding: Mapping[str, Any], version: int) -> Filled:
    """The form for a finding as the service shows it."""
    values = {name: str(finding[name] or "") for name in TEXTS}
    for name in ("start_time", "end_time"):
        values[name] = _moment(values[name])
    for name in LISTS:
        gap = "\n" if name == "links" else ", "
        values[name] = gap.join(str(one) for one in finding[name])
    seen = " ".join(f"{name}:{_digest(values[name])}" for name in FIELDS)
    return Filled(values, finding["published"], version, seen)


def of_form(form: Form) -> Filled:
    """What somebody typed."""
    version = form.get("version")
    known = version.isascii() and version.isdigit() and len(version) < 10
    values = {name: form.get(name) for name in FIELDS}
    return Filled(values, form.get("published") == "yes", int(version) if known else 0, form.get("seen"))


def _split(name: str, text: str) -> list[str]:
    pattern = _LINES if name in _SPACED else _COMMAS
    return [one.strip() for one in pattern.split(text) if one.strip()]


def _moment(text: str) -> str:
    """A moment as short as it is exact: a day where it is a day's beginning."""
    whole = text.replace(".000000Z", "Z")
    return whole.removesuffix("T00:00:00Z") if whole else ""


def _digest(text: str) -> str:
    return hashlib.blake2b(
        text.replace("\r\n", "\n").strip().encode("utf-8", "replace"), digest_size=6
    ).hexdigest()
