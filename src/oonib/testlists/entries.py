"""An entry of a test list, and what makes one fit (management contract 4.3, 4.6). Pure."""

import re
from dataclasses import dataclass
from datetime import date
from urllib.parse import urlsplit

from oonib.errors import BadRequest, OonibError, domain_error

DESCRIPTIONS = {
    "ALDR": "Alcohol & Drugs",
    "ANON": "Anonymization and circumvention tools",
    "COMM": "E-commerce",
    "COMT": "Communication Tools",
    "CTRL": "Control content",
    "CULTR": "Culture",
    "DATE": "Online Dating",
    "ECON": "Economics",
    "ENV": "Environment",
    "FILE": "File-sharing",
    "GAME": "Gaming",
    "GMB": "Gambling",
    "GOVT": "Government",
    "GRP": "Social Networking",
    "HACK": "Hacking Tools",
    "HATE": "Hate Speech",
    "HOST": "Hosting and Blogging Platforms",
    "HUMR": "Human Rights Issues",
    "IGO": "Intergovernmental Organizations",
    "LGBT": "LGBT",
    "MILX": "Terrorism and Militants",
    "MISC": "Miscellaneous content",
    "MMED": "Media sharing",
    "NEWS": "News Media",
    "POLR": "Political Criticism",
    "PORN": "Pornography",
    "PROV": "Provocative Attire",
    "PUBH": "Public Health",
    "REL": "Religion",
    "SRCH": "Search Engines",
    "XED": "Sex Education",
}
"""Categories, spelled as the lists spell them."""

GLOBAL = "global"
_COUNTRY_RE = re.compile(r"[a-z]{2}", re.ASCII)
_DATE_RE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_TOP = r"(?:[A-Za-z]{2,6}|[A-Za-z0-9-]{2,63})\.?"
_URL_RE = re.compile(
    rf"[Hh][Tt][Tt][Pp][Ss]?://"
    rf"(?:(?:{_LABEL}\.){{1,126}}{_TOP}|[0-9]{{1,3}}(?:\.[0-9]{{1,3}}){{3}})"
    rf"(?::[0-9]{{1,5}})?(?:/|[/?]\S+)",
)
_CONTROL_RE = re.compile(r"[\x00-\x1f\x7f]")
_LONGEST_URL = 2000


@dataclass(frozen=True, slots=True)
class Entry:
    """A row of a list, without the description that follows from its category."""

    url: str
    category_code: str
    date_added: str
    source: str
    notes: str

    @property
    def description(self) -> str:
        """The category in words; empty for one that nobody knows."""
        return DESCRIPTIONS.get(self.category_code, "")


def check(entry: Entry) -> None:
    """Raise `BadRequest` unless URL, category and date are such as the lists have."""
    if not is_url(entry.url):
        raise domain_error(BadRequest, "Invalid URL", "err_bad_url")
    if entry.category_code not in DESCRIPTIONS:
        raise domain_error(BadRequest, "Invalid category code", "err_bad_category_code")
    if not is_date(entry.date_added):
        raise domain_error(BadRequest, "Invalid date", "err_bad_date")


def check_texts(new: Entry, old: Entry | None) -> None:
    """Raise `BadRequest` for line breaks and the like in what is new; what a list has already may stay."""
    for name in ("source", "notes"):
        text = getattr(new, name)
        if _CONTROL_RE.search(text) and (old is None or text != getattr(old, name)):
            message = f"{name} has a line break or another control character"
            raise domain_error(BadRequest, message, "err_request_params", {"field": name})


def is_url(text: str) -> bool:
    """Whether a list takes it: http or https, a host of ASCII letters or four numbers, and a path."""
    if len(text) > _LONGEST_URL or "\\" in text or _CONTROL_RE.search(text) or text != text.strip():
        return False
    return _URL_RE.fullmatch(text) is not None and urlsplit(text).path != ""


def is_date(text: str) -> bool:
    """Whether it is a day, as YYYY-MM-DD."""
    try:
        return _DATE_RE.fullmatch(text) is not None and date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def country(text: str) -> str:
    """The name of a list: two letters or `global`, in lower case. Raises `BadRequest`."""
    name = text.lower() if text.isascii() else ""
    if name != GLOBAL and _COUNTRY_RE.fullmatch(name) is None:
        raise domain_error(BadRequest, "Invalid country code", "err_invalid_country_code")
    return name


def list_changed(err_args: dict[str, object] | None = None) -> OonibError:
    """What somebody is told who edits what is no longer there."""
    text = "Unable to update. The URL list has changed in the meantime."
    return domain_error(BadRequest, text, "err_cannot_update_list", err_args)
