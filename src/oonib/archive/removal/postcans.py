"""A postcan in which one post is replaced; names, order and all other posts stay."""

from pathlib import Path

from oonib.archive.gunzip import BadArchive, unpacked
from oonib.archive.lines import REMOVED
from oonib.archive.reading.found import Damaged
from oonib.archive.reading.tar import Form, members
from oonib.archive.removal.errors import RemovalRefused
from oonib.archive.writers import PostcanWriter, Written
from oonib.objects import ObjectStore


class DamagedCan(RemovalRefused):
    """A postcan cannot be read to its end, so it is not written anew."""


def number_in(objects: ObjectStore, key: str, uid: str) -> int | None:
    """Which post of a postcan is that of `uid`, from 0. Raises `DamagedCan` and `ObjectStoreError`."""
    try:
        for number, member in enumerate(members(unpacked(objects.stream(key)))):
            if member.last_part == f"{uid}.post":
                return number
    except (Damaged, BadArchive) as exc:
        raise DamagedCan(f"{key}: {exc}") from exc
    return None


def without_post(objects: ObjectStore, key: str, uid: str, path: Path) -> Written:
    """Write the postcan to `path` with a stub for the post of `uid`.

    Raises `DamagedCan`, `ObjectStoreError` and `OSError`.
    """
    try:
        with PostcanWriter(path) as writer:
            for member in members(unpacked(objects.stream(key))):
                if member.form is Form.FILE:
                    ours = member.last_part == f"{uid}.post"
                    writer.add(member.name, REMOVED if ours else member.content.read())
            return writer.finish()
    except (Damaged, BadArchive) as exc:
        raise DamagedCan(f"{key}: {exc}") from exc
