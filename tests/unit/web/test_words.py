"""The catalogues: every translation has the places and the markup of its sentence, and nothing else."""

import re

import pytest
from babel.messages.pofile import read_po
from docs.words import LANGUAGES, path

PLACE_RE = re.compile(r"%\((\w+)\)s|%%")
TAG_RE = re.compile(r"</?[a-z]+[^>]*>")


@pytest.mark.parametrize("language", LANGUAGES)
def test_places_and_markup_are_those_of_the_sentence(language: str) -> None:
    with path(language).open("rb") as stream:
        catalogue = read_po(stream, locale=language)
    wrong = []
    for message in catalogue:
        if not message.id:
            continue
        plural = isinstance(message.id, tuple | list)
        sources = list(message.id) if plural else [message.id]
        places = {place for source in sources for place in PLACE_RE.findall(source)}
        tags = sorted(TAG_RE.findall(sources[-1]))
        for said in list(message.string) if plural else [message.string]:
            named = set(PLACE_RE.findall(said))
            # A plural form may do without its number: "one day", "two days".
            if not (named <= places and (plural or named == places)) or sorted(TAG_RE.findall(said)) != tags:
                wrong.append((message.id, said))
    assert wrong == []
