"""The log of an account's edits: how it is kept, what it shows, what of it still fits a later list. Pure."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from enum import Enum
from typing import Any

from oonib.testlists.entries import GLOBAL, Entry
from oonib.testlists.files import ListFile


@dataclass(frozen=True, slots=True)
class Edit:
    """One edit of one list. Without `old`, `new` is added; without `new`, `old` is deleted."""

    cc: str
    old: Entry | None
    new: Entry | None
    comment: str

    def kept(self) -> dict[str, Any]:
        """As the records keep it."""
        old, new = (None if one is None else asdict(one) for one in (self.old, self.new))
        return {"cc": self.cc, "old": old, "new": new, "comment": self.comment}


def read(kept: Mapping[str, Any]) -> Edit:
    """The opposite of `Edit.kept`."""
    old, new = (None if one is None else Entry(**one) for one in (kept["old"], kept["new"]))
    return Edit(kept["cc"], old, new, kept["comment"])


class Fit(Enum):
    """What becomes of an edit on a list."""

    APPLIES = "applies"
    THERE = "somebody else did the same"
    DUPLICATE = "the URL is there already"
    MISSING = "what it changes is no longer there"
    NO_LIST = "there is no such list"


def fit(edit: Edit, list_of: Callable[[str], ListFile | None]) -> Fit:
    """What becomes of an edit. A URL of a country's list must not be in the global one either."""
    found = list_of(edit.cc)
    if found is None:
        return Fit.NO_LIST
    if edit.new is None or (edit.old is not None and edit.new.url == edit.old.url):
        return Fit.APPLIES if edit.old in found else Fit.MISSING
    everywhere = None if edit.cc == GLOBAL else list_of(GLOBAL)
    if found.has_url(edit.new.url) or (everywhere is not None and everywhere.has_url(edit.new.url)):
        return Fit.DUPLICATE
    return Fit.APPLIES if edit.old is None or edit.old in found else Fit.MISSING


def fit_later(edit: Edit, list_of: Callable[[str], ListFile | None]) -> Fit:
    """The same on a list that others have changed since: they may have made the same edit."""
    found = list_of(edit.cc)
    if found is not None and edit.old not in found and (edit.new is None or edit.new in found):
        return Fit.THERE
    return fit(edit, list_of)


def shown(edits: Iterable[Edit]) -> dict[str, list[dict[str, str]]]:
    """What edits come to, by list (contract 4.3): `add` for what is new or edited, `delete` for what goes."""
    by_list: dict[str, list[tuple[Entry, str]]] = {}
    fresh: set[tuple[str, Entry]] = set()
    for edit in edits:
        lines = by_list.setdefault(edit.cc, [])
        was_fresh = edit.old is not None and (edit.cc, edit.old) in fresh
        if edit.old is not None:
            _without(lines, (edit.old, "add"))
            fresh.discard((edit.cc, edit.old))
        if edit.new is not None:
            _without(lines, (edit.new, "delete"))
            lines.append((edit.new, "add"))
            if edit.old is None or was_fresh:
                fresh.add((edit.cc, edit.new))
        elif edit.old is not None and not was_fresh:
            lines.append((edit.old, "delete"))
    return {cc: [_line(*one) for one in lines] for cc, lines in by_list.items() if lines}


def _without(lines: list[tuple[Entry, str]], line: tuple[Entry, str]) -> None:
    if line in lines:
        lines.remove(line)


def _line(entry: Entry, action: str) -> dict[str, str]:
    return {**asdict(entry), "category_description": entry.description, "action": action}
