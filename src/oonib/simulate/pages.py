"""Texts of web pages, cheap to make in any size: cut from one long text that is made once."""

from random import Random

import orjson

_LONGEST = 800_000
_WORDS = """the a of in to and for with news press free speech article market city water people open report
public health school market music sport café naïve über señor 新闻 свобода אזור weather garden travel river
history science money light street house paper number letter signal window morning evening winter"""
_TAGS = (
    '<p class="text">',
    "</p>\n",
    "<div id='box-{n}' data-x=\"{n}\">",
    "</div>\n\t",
    '<a href="/article/{n}?ref=top&amp;id={n}">',
    "</a> ",
    '<img src="https://cdn.site.example/i/{n}.webp" alt="">',
    '<script>var a{n} = {{"k": [{n}, "v\\n"]}};</script>\n',
)


class Paper:
    """A long text of words and tags; pages are pieces of it."""

    def __init__(self, rng: Random) -> None:
        words = _WORDS.split()
        parts: list[str] = []
        size = 0
        while size < _LONGEST:
            part = rng.choice(_TAGS).format(n=rng.randrange(100_000)) + " ".join(rng.choices(words, k=12))
            parts.append(part)
            size += len(part)
        self._text = "".join(parts)

    def page(self, rng: Random, title: str, size: int, phrase: str = "") -> str:
        """A page of about `size` characters that holds `phrase` somewhere in the middle."""
        start = rng.randrange(max(1, _LONGEST - size))
        text = self._text[start : start + size]
        middle = size // 2
        return (
            f'<!DOCTYPE html>\n<html lang="en"><head><title>{title}</title></head><body>\n'
            f"{text[:middle]}{phrase}{text[middle:]}</body></html>\n"
        )

    def filler(self, rng: Random, n_bytes: int) -> str:
        """Text that takes about `n_bytes` within JSON; repeated where the paper is too short for it."""
        start = rng.randrange(_LONGEST // 2)
        sample = self._text[start : start + 50_000]
        bytes_each = len(orjson.dumps(sample)) / len(sample)
        length = int(n_bytes / bytes_each)
        times = length // (_LONGEST // 2) + 1
        return (self._text[start : start + _LONGEST // 2] * times)[:length]


def page_size(rng: Random) -> int:
    """Characters of an ordinary page: many small ones, few of hundreds of thousands."""
    # One page in four is of the heavy kind, as on the real web.
    centre, spread = (11.0, 1.1) if rng.random() < 0.26 else (7.4, 1.2)
    return min(int(rng.lognormvariate(centre, spread)) + 200, 740_000)
