"""Markdown of people as HTML that holds no markup of theirs, no picture, and no link but http and https.

Headings are moved down, because the page has its own. Charts that a text of OONI Explorer shows by
`<MAT link="…" caption="…" />` become links to the same chart here. Pure.
"""

import re
import unicodedata
from collections.abc import Sequence
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_core import StateCore
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

_MOST = 60_000
"""Characters that are rendered; longer texts are shown as they are."""

_ABOVE = 2
"""Levels of headings that the page has itself."""

_MAT_RE = re.compile(r"<MAT\s+link=\"([^\"]{1,2000})\"(?:\s+caption=\"([^\"]{0,500})\")?\s*/?>")
_BIDIRECTIONAL = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u2028\u2029")


class _Renderer(RendererHTML):
    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A link that lends no weight to where it leads, and gives away nothing."""
        if not str(tokens[idx].attrGet("href")).startswith("/"):
            tokens[idx].attrSet("rel", "nofollow noopener ugc")
        return self.renderToken(tokens, idx, options, env)

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A link to a picture, which is never loaded from here."""
        source = str(tokens[idx].attrGet("src") or "")
        words = tokens[idx].content or source
        return str(Markup('<a href="{}" rel="nofollow noopener ugc">{}</a>').format(source, words))


class _Reader(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Whether a link is one."""
        return url.lower().startswith(("http://", "https://"))


def _make() -> MarkdownIt:
    made = _Reader("commonmark", {"html": False, "linkify": False}, renderer_cls=_Renderer)
    made.enable(["table", "strikethrough"])
    made.inline.ruler.before("autolink", "mat", _mat)
    made.core.ruler.push("outline", _outline)
    return made


def _mat(state: StateInline, silent: bool) -> bool:
    found = _MAT_RE.match(state.src, state.pos) if state.src[state.pos] == "<" else None
    if found is None:
        return False
    try:
        query = urlsplit(found[1].replace("&amp;", "&")).query
    except ValueError:
        return False
    if not silent:
        opening = state.push("link_open", "a", 1)
        opening.attrs = {"href": f"/chart/mat?{query}"}
        state.push("text", "", 0).content = found[2] or "MAT"
        state.push("link_close", "a", -1)
    state.pos = found.end()
    return True


def _outline(state: StateCore) -> None:
    """Headings below those of the page, without a gap: whoever hears a page goes from level to level."""
    open_levels: list[int] = []
    for token in state.tokens:
        if token.type == "heading_open":
            level = int(token.tag[1:])
            while open_levels and open_levels[-1] >= level:
                open_levels.pop()
            open_levels.append(level)
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, _ABOVE + len(open_levels))}"


def _visible(text: str) -> str:
    return "".join(f"\\u{ord(one):04x}" if _hides(one) else one for one in text)


def _hides(one: str) -> bool:
    # Joiners stay: Persian and others cannot be written without.
    return one in _BIDIRECTIONAL or (one not in "\n\t" and unicodedata.category(one) in ("Cc", "Cs"))


def html(text: str) -> Markup:
    """A text as HTML."""
    seen = _visible(text[:_MOST])
    if len(text) > _MOST:
        return Markup("<pre>{}</pre>").format(escape(seen))
    return Markup(_make().render(seen))  # noqa: S704 - the library escapes, and takes no HTML
