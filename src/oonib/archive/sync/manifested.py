"""The checksums that the manifests of a copy have for its objects.

For fetching only: whether the manifests themselves are genuine is `verify`'s business.
"""

from collections.abc import Callable
from pathlib import Path

import structlog

from oonib.archive.manifests.manifest import PREFIX, BadManifest, Manifest

_log = structlog.get_logger("sync")


def checksums_in(folder: Path, wanted: Callable[[str], bool]) -> dict[str, str]:
    """SHA-256 in hexadecimal by key, of what is `wanted`; a later manifest counts more than an earlier one.

    A manifest that cannot be read is named in the log and passed over.
    """
    found: dict[str, tuple[int, str]] = {}
    for path in sorted((folder / PREFIX).rglob("*.json")):
        try:
            manifest = Manifest.decode(path.read_bytes())
        except BadManifest as exc:
            # The head of a chain is no manifest either.
            _log.debug("not a manifest", path=str(path), problem=str(exc)[:200])
            continue
        number = manifest.checkpoint.sequence
        objects = [stored for can in manifest.body.cans for stored in can.objects]
        objects += [stored for removed in manifest.body.removed for stored in removed.objects]
        for stored in objects:
            if wanted(stored.key) and number >= found.get(stored.key, (-1, ""))[0]:
                found[stored.key] = number, stored.sha256
    return {key: sha256 for key, (_, sha256) in found.items()}
