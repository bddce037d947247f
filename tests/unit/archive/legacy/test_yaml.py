"""Frames and YAML: what is a document, what may be in it, what it may cost."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.archive.legacy import yamltext
from oonib.archive.legacy.frames import frames
from oonib.archive.legacy.unfit import Unfit

FRAME = b"---\na: 1\n...\n"
OTHER = b"---\n- '...'\n...\n"


def taken_apart(*pieces: bytes, largest: int = 1000) -> list[bytes | str]:
    return [item.reason if isinstance(item, Unfit) else item for item in frames(pieces, largest)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (b"", []),
        (FRAME, [FRAME]),
        (FRAME + OTHER, [FRAME, OTHER]),
        (b"# Report\n###\n" + FRAME + b"...\n...\n# x\n\n" + OTHER + b"\n \n", [FRAME, OTHER]),
        (b"---\n...\n", [b"---\n...\n"]),
        (FRAME + b"---\na: 2\n", [FRAME, "truncated_yaml"]),
        (FRAME + b"---\na: 2\n...", [FRAME, "truncated_yaml"]),
        (
            FRAME + b"junk\n# more\njunk\n" + OTHER + b"junk",
            [FRAME, "broken_yaml_frame", OTHER, "broken_yaml_frame"],
        ),
        (b"#" * 5000 + b"\n" + FRAME, [FRAME]),
        (b" " * 5000 + b"\n" + FRAME, [FRAME]),
        (b"#" * 5000, []),
        (b" " * 5000, []),
        (b"----\n" + FRAME, ["broken_yaml_frame", FRAME]),
        (FRAME + b"---\n" + b"x" * 1000 + b"\n...\n" + OTHER, [FRAME, "yaml_frame_too_large", OTHER]),
    ],
)
@pytest.mark.parametrize("step", [1, 3, 700, 10_000])
def test_framing(text: bytes, expected: list[bytes | str], step: int) -> None:
    pieces = [text[at : at + step] for at in range(0, len(text), step)]
    assert taken_apart(*pieces) == expected


@given(st.lists(st.sampled_from([FRAME, OTHER, b"# c\n", b"...\n", b"\n", b"x\n"])), st.integers(1, 20))
def test_every_frame_comes_back_as_it_is(parts: list[bytes], step: int) -> None:
    text = b"".join(parts)
    got = taken_apart(*(text[at : at + step] for at in range(0, len(text), step)))
    assert [frame for frame in got if isinstance(frame, bytes)] == [p for p in parts if p in (FRAME, OTHER)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (b"a: !!binary AP8=", {"a": b"\x00\xff"}),
        (b"a: !!set {x, y}", {"a": {"x", "y"}}),
        (b"a: 2012-12-06 10:00:00", {"a": "2012-12-06 10:00:00"}),
        (b"a: 2012-12-06", {"a": "2012-12-06"}),
        (b"a: !!timestamp nonsense", {"a": "nonsense"}),
        (b"a: 1:30\nb: 0x10\nc: 1.5e+3\nd: yes", {"a": 90, "b": 16, "c": 1500.0, "d": True}),
        (b"a: &x [1, 2]\nb: *x", {"a": [1, 2], "b": [1, 2]}),
        (b'a: "Reykjav\\xEDk"', {"a": "Reykjavík"}),
        (b"", None),
    ],
)
def test_values(text: bytes, value: object) -> None:
    assert yamltext.load(b"---\n" + text + b"\n...\n") == value


def laughs(item: bytes) -> bytes:
    return (
        b"a0: &a0 "
        + item
        + b"\n"
        + b"".join(
            b"a%d: &a%d %s\n" % (n, n, item.replace(b"x", b",".join([b"*a%d" % (n - 1)] * 9)))
            for n in range(1, 40)
        )
    )


COSTLY = {
    "aliases of aliases": (laughs(b"[x]"), "yaml_too_complex"),
    "merges of merges": (
        b"a0: &a0 {x: 1}\n"
        + b"".join(
            b"a%d: &a%d {<<: [%s]}\n" % (n, n, b",".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, 40)
        ),
        "yaml_too_complex",
    ),
    "a long text many times": (
        b"a: &a " + b"x" * 1_000_000 + b"\nb: [" + b"*a," * 200 + b"]",
        "yaml_too_complex",
    ),
    "itself": (b"a: &a [*a]", "yaml_too_complex"),
    "brackets": (b"[" * 3_000_000, "yaml_too_complex"),
    "braces": (b"{a: " * 1_000_000, "yaml_too_complex"),
    "dashes": (b"- " * 1_000_000, "yaml_too_complex"),
    "values": (b"[" + b"1," * 510_000 + b"]", "yaml_too_complex"),
    "base 60": (b"a: 1" + b":1" * 500_000, "bad_yaml"),
    "base 60, tagged": (b"a: !!int 1" + b":1" * 500_000, "bad_yaml"),
    "base 60 with a fraction": (b"a: 1" + b":1" * 500_000 + b".5", "bad_yaml"),
    "digits": (b"a: " + b"1" * 1_000_000, "bad_yaml"),
    "code": (b"a: !!python/object/apply:os.getcwd []", "bad_yaml"),
    "no number": (b"a: !!int ''", "bad_yaml"),
    "no float": (b"a: !!float ''", "bad_yaml"),
    "no truth": (b"a: !!bool perhaps", "bad_yaml"),
    "no base 64": (b"a: !!binary '\xc3\xa9'", "bad_yaml"),
    "a list as a key": (b"? [a]\n: b", "bad_yaml"),
    "no UTF-8": (b"a: \xff", "bad_yaml"),
    "control characters": (b"a: \x00", "bad_yaml"),
    "an unknown anchor": (b"a: *b", "bad_yaml"),
    "two documents": (b"a: 1\n---\nb: 2", "bad_yaml"),
    "a scanner error": (b"a: 'x", "bad_yaml"),
    "a tab": (b"\ta: 1", "bad_yaml"),
}


@pytest.mark.parametrize("case", COSTLY)
def test_what_costs_too_much_or_means_nothing(case: str) -> None:
    text, reason = COSTLY[case]
    began = time.process_time()
    with pytest.raises(Unfit) as refused:
        yamltext.load(b"---\n" + text + b"\n...\n")
    assert refused.value.reason == reason
    assert len(refused.value.detail) <= 250
    # Any of these takes minutes or gigabytes where it is not bounded.
    assert time.process_time() - began < 20
