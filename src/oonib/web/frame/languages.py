"""The languages of the pages: catalogues, names of countries, and which one a reader gets.

English is the language of the source; the others are catalogues below `words/`, one file each.
"""

import gettext
import io
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from importlib import resources

from babel import Locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from markupsafe import Markup, escape

from oonib.measurements.statistics.countries import NAMES as COUNTRIES
from oonib.web.frame.said import Said

DOMAIN = "oonib"
_NAMES = {"en": "English", "es": "Español", "ar": "العربية"}
_LONGEST_HEADER = 500


@dataclass(frozen=True)
class Language:
    """One language. `code` as HTML has it, `name` in itself, `direction` `ltr` or `rtl`."""

    code: str
    name: str

    @cached_property
    def direction(self) -> str:
        """Which way it is written."""
        return str(self._locale.text_direction)

    @cached_property
    def translations(self) -> gettext.NullTranslations:
        """Its catalogue; that of English says what the source says."""
        if self.code == "en":
            return gettext.NullTranslations()
        file = resources.files("oonib.web") / "words" / self.code / "LC_MESSAGES" / f"{DOMAIN}.po"
        made = io.BytesIO()
        with file.open("rb") as stream:
            write_mo(made, read_po(stream, locale=self.code))
        made.seek(0)
        return gettext.GNUTranslations(made)

    def say(self, sentence: "Said | str") -> Markup:
        """A sentence of the program in this language, its values escaped. Plain text is escaped as it is."""
        if not isinstance(sentence, Said):
            return escape(sentence)
        if sentence.plural:
            text = self.translations.ngettext(sentence.message, sentence.plural, sentence.n)
        else:
            text = self.translations.gettext(sentence.message)
        if not sentence.values:
            return escape(text)
        values = {
            name: self.say(value) if isinstance(value, Said) else value
            for name, value in sentence.values.items()
        }
        return Markup(escape(text)) % values  # noqa: S704 - escaped first, and so is each value

    def country(self, probe_cc: str) -> str:
        """The name of a country, its code where it has none."""
        if self.code == "en":
            return COUNTRIES.get(probe_cc, probe_cc)
        return str(self._locale.territories.get(probe_cc, COUNTRIES.get(probe_cc, probe_cc)))

    @cached_property
    def _locale(self) -> Locale:
        return Locale.parse(self.code)


class Languages:
    """All languages of one process."""

    def __init__(self) -> None:
        self._known = {code: Language(code, name) for code, name in _NAMES.items()}

    def __iter__(self) -> Iterator[Language]:
        return iter(self._known.values())

    def get(self, code: str) -> Language | None:
        """The language of a code, if there is one."""
        return self._known.get(code)

    def choose(self, asked: str, kept: str, accepted: str) -> Language:
        """What the address asks for, else what was chosen before, else what the browser prefers."""
        for code in (asked, kept, *_preferred(accepted)):
            if code in self._known:
                return self._known[code]
        return self._known["en"]


def _preferred(header: str) -> list[str]:
    """The primary tags of an `Accept-Language`, best first. What cannot be read is passed over."""
    wanted = []
    for number, part in enumerate(header[:_LONGEST_HEADER].split(",")):
        tag, _, weight = part.partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=") or 1)
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, number, tag.strip().split("-")[0].lower()))
    return [tag for _, _, tag in sorted(wanted)]
