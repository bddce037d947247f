"""Brings the message catalogues of the pages up to date with the source: `python -m docs.words [--check]`.

New sentences get an empty translation, those that are gone are dropped. `--check` changes nothing and
fails where a catalogue is not as it should be, or a sentence has no translation.
"""

import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po, write_po

WEB = Path(__file__).parent.parent / "src" / "oonib" / "web"
LANGUAGES = ("ar", "es")
_METHODS = [("**.py", "python"), ("**.html", "jinja2")]
_OPTIONS = {
    "**.html": {
        "extensions": "jinja2.ext.do",
        "trimmed": "true",
        "newstyle_gettext": "true",
        "silent": "false",
    }
}
_KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "said": None, "counted": (1, 2)}


def found() -> Catalog:
    """Every sentence of the source."""
    catalog = Catalog()
    for _, _, message, _, _ in extract_from_dir(WEB, _METHODS, _OPTIONS, keywords=_KEYWORDS):
        catalog.add(message)
    return catalog


def path(language: str) -> Path:
    """The catalogue of a language."""
    return WEB / "words" / language / "LC_MESSAGES" / "oonib.po"


def renewed(language: str, source: Catalog) -> Catalog:
    """A catalogue with exactly the sentences of the source."""
    catalog = Catalog(locale=language)
    if path(language).exists():
        with path(language).open("rb") as stream:
            catalog = read_po(stream, locale=language)
    catalog.update(source, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    return catalog


def text(catalog: Catalog) -> str:
    """A catalogue as it is kept, with what of the header programs need."""
    made = io.BytesIO()
    write_po(
        made, catalog, omit_header=True, sort_output=True, no_location=True, ignore_obsolete=True, width=110
    )
    header = {"Content-Type": "text/plain; charset=utf-8", "Language": str(catalog.locale_identifier)}
    header["Plural-Forms"] = catalog.plural_forms
    lines = [f'"{name}: {value}\\n"' for name, value in header.items()]
    return "\n".join(['msgid ""', 'msgstr ""', *lines, "", made.getvalue().decode()])


def untranslated(catalog: Catalog) -> Iterator[Message]:
    """Sentences that a language lacks."""
    for message in catalog:
        said = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and not all(said):
            yield message


def main(*, check: bool) -> int:
    """The exit status."""
    source, problems = found(), 0
    for language in LANGUAGES:
        catalog = renewed(language, source)
        made = text(catalog)
        if not check:
            path(language).parent.mkdir(parents=True, exist_ok=True)
            path(language).write_text(made)
        elif path(language).read_text() != made:
            print(f"{language}: not as the source has it; run `make words`")
            problems += 1
        missing = list(untranslated(catalog))
        for message in missing[:10]:
            print(f"{language}: no translation of {message.id!r}")
        print(f"{language}: {len(catalog) - len(missing)} of {len(catalog)} sentences translated")
        problems += len(missing)
    return int(check and problems > 0)


if __name__ == "__main__":
    sys.exit(main(check="--check" in sys.argv))
