"""Pages that came as answers to HTTP requests: their title and headers, as texts. Pure."""

import re

from oonib.web.measurement.reading import Fields, fields, raw, text

_TITLE_RE = re.compile(r"<title[^>]{0,200}>([^<]{0,300})", re.IGNORECASE)
_LOOKED_AT = 65_536
_MOST = 40


def title(response: Fields) -> str:
    """The title of an HTML page, empty where it has none near its beginning."""
    found = _TITLE_RE.search(raw(response.get("body"))[:_LOOKED_AT])
    return text(" ".join(found[1].split()), 160) if found else ""


def headers(response: Fields) -> list[tuple[str, str]]:
    """Names and values of headers."""
    found = list(fields(response.get("headers")).items())[:_MOST]
    return [(text(name, 60), shown) for name, value in found if (shown := text(value))]


def header_names(response: Fields) -> set[str]:
    """The names of headers in lower case."""
    return {text(name.lower(), 40) for name in list(fields(response.get("headers")))[:_MOST]}
