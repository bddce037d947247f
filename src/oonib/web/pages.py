"""Templates: environments that escape everything, one a language, and what every page knows."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined

from oonib.model.nettests import NAMES
from oonib.web.assets import Asset
from oonib.web.charts import inline, spoken
from oonib.web.frame.languages import Language, Languages
from oonib.web.text import prose, shown


class Pages:
    """Renders the templates of this package."""

    def __init__(self, assets: Mapping[str, Asset], *, base_url: str, version: str) -> None:
        self.languages = Languages()
        self._known = {
            "asset": lambda name: assets[name].url,
            "base_url": base_url,
            "version": version,
        }
        self._environments: dict[str, Environment] = {}

    def render(self, name: str, language: Language, /, **values: Any) -> str:
        """The text of a page."""
        return self._environment(language).get_template(name).render(values)

    def _environment(self, language: Language) -> Environment:
        made = self._environments.get(language.code)
        if made is None:
            # Two threads may both make one; the last stays, and they are alike.
            made = self._environments[language.code] = self._make(language)
        return made

    def _make(self, language: Language) -> Environment:
        made = Environment(
            loader=PackageLoader("oonib.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
            auto_reload=False,
            extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        )
        made.policies["ext.i18n.trimmed"] = True
        made.install_gettext_translations(language.translations, newstyle=True)  # type: ignore[attr-defined]
        made.filters |= {
            "prose": prose,
            "shown": shown,
            "number": _number,
            "moment": _moment,
            "say": language.say,
            "country": language.country,
            "nettest": lambda name: NAMES.get(name, name),
            # A piece of a path, whatever it holds; the filter of this name fails for half a character.
            "urlencode": lambda text: quote(str(text), safe="", errors="replace"),
            "words": lambda words: spoken(words, language),
            "svg": lambda chart: inline(chart, language),
        }
        made.globals |= self._known
        return made


def _number(value: int) -> str:
    """`12345` as `12 345` with narrow spaces that do not break, which no country reads as a fraction."""
    return f"{value:,}".replace(",", "\u202f")


def _moment(value: datetime) -> str:
    return value.strftime("%Y-%m-%d %H:%M:%S UTC")
