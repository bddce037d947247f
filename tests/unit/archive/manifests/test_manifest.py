"""One encoding, every byte of which counts; signatures; the key's file."""

import json
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.archive.manifests import (
    BadKeyFile,
    BadManifest,
    Body,
    CanEntry,
    Manifest,
    ObjectEntry,
    Scoring,
    Signer,
    Tombstone,
    is_signed,
)
from oonib.archive.manifests.manifest import canonical, checkpoint_for, counted, sha256

SIGNER = Signer(bytes(range(32)))
CAN = CanEntry("2026030210_BR_webconnectivity.n1.0", 3, 2, "ab" * 32, (ObjectEntry("k", "cd" * 32, 9),))


def sealed(body: Body) -> Manifest:
    checkpoint = checkpoint_for(
        body,
        collector="1",
        sequence=0,
        hour="2026030210",
        previous="",
        scoring=Scoring("1", ""),
        public_key=SIGNER.public_key,
    )
    return Manifest(body, checkpoint, SIGNER.sign(canonical(checkpoint)))


def sound(data: bytes) -> bool:
    """Whether a reader would believe these bytes."""
    try:
        found = Manifest.decode(data)
    except BadManifest:
        return False
    return is_signed(canonical(found.checkpoint), found.signature, SIGNER.public_key)


WHOLE = sealed(Body((CAN,), counted((CAN,)))).encode()


def test_read_back_and_believed() -> None:
    assert sound(WHOLE)
    assert Manifest.decode(WHOLE).body.counts == {"BR": {"webconnectivity": 2}}


@given(st.integers(0, len(WHOLE) - 1), st.integers(1, 255))
def test_one_changed_byte_is_seen(position: int, change: int) -> None:
    data = bytearray(WHOLE)
    data[position] ^= change
    assert not sound(bytes(data))


@given(st.integers(0, len(WHOLE) - 1))
def test_a_part_is_no_manifest(length: int) -> None:
    assert not sound(WHOLE[:length])


def test_nothing_beside_it() -> None:
    assert not sound(WHOLE + b"\n")
    assert not sound(WHOLE.replace(b'{"body"', b'{"a":1,"body"'))
    assert not sound(b"[" * 100_000)
    assert not sound(b"\xff")


def test_counts_have_to_follow_from_the_cans() -> None:
    body = Body((CAN,), {"BR": {"webconnectivity": 3}})
    whole = sealed(Body((CAN,), counted((CAN,))))
    checkpoint = msgspec.structs.replace(whole.checkpoint, body=sha256(canonical(body)))
    forged = Manifest(body, checkpoint, SIGNER.sign(canonical(checkpoint)))
    with pytest.raises(BadManifest, match="counts"):
        Manifest.decode(forged.encode())


@given(st.text(max_size=30))
def test_canonical_json_is_what_any_language_writes(reason: str) -> None:
    tomb = Tombstone(
        "u", "c", 1, "l", "2026-03-02T10:00:00Z", "me", reason.encode("utf-8", "replace").decode(), ()
    )
    found = canonical(Body(removed=(tomb,)))
    assert json.dumps(
        json.loads(found), sort_keys=True, separators=(",", ":"), ensure_ascii=False
    ).encode() == found  # fmt: skip


def test_the_key_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "archive" / "signing.key"
    first = Signer.open(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert Signer.open(path).public_key == first.public_key
    assert list(path.parent.iterdir()) == [path]
    assert Signer.open(tmp_path / "other.key").public_key != first.public_key


@pytest.mark.parametrize("text", ["", "zz", "ab" * 31, "ab" * 33])
def test_a_spoilt_key_file_is_left_alone(tmp_path: Path, text: str) -> None:
    path = tmp_path / "signing.key"
    path.write_text(text)
    with pytest.raises(BadKeyFile):
        Signer.open(path)
    assert path.read_text() == text


@pytest.mark.parametrize(("signature", "key"), [("", ""), ("zz", "ab" * 32), ("ab" * 64, "ab" * 31)])
def test_what_is_no_signature_is_none(signature: str, key: str) -> None:
    assert not is_signed(b"x", signature, key)
