"""Pages taken apart, and texts that try to break out of them."""

from html.parser import HTMLParser

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "javascript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "</title></dd></dl></td></table></main><form action=//evil.example>",
    "{{ 7 * 7 }}{% include 'base.html' %}",
    "{{ 1234567 * 7 }}",
    "%(site)s %s %d %",
    "https://a.example/\u202egnp.exe",
    "a\0b\x1b[31m",
    "\ud800",
    "&lt;b&gt;",
    "<svg/onload=alert(1)>" * 500,
]


class Elements(HTMLParser):
    """Every element of a page with its attributes, and all its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def shape(self) -> list[tuple[str, list[str]]]:
        """The page without its texts: what a hostile value must not change."""
        return [(tag, sorted(attributes)) for tag, attributes in self.found]

    def links(self) -> list[str]:
        return [attributes.get("href") or "" for tag, attributes in self.found if tag == "a"]
