"""Inputs of nettests that leave them open, chosen when a probe asks (contract 3.5)."""

from collections.abc import Sequence
from typing import Any, Protocol

from oonib.checkin.prioritisation import Choice
from oonib.checkin.schema import codes, url_limit
from oonib.errors import BadRequest
from oonib.oonirun.schema import ProbeState

WEBSITES = "websites_list_prioritized"
_WHOLE_LISTS = 4
"""Whole lists of URLs in one answer; more nettests share them, so that no link makes answers without end."""


class ChoosesUrls(Protocol):
    """What of prioritisation is needed here."""

    async def choose(self, cc: str, asn: int, categories: frozenset[str], limit: int) -> Choice:
        """URLs for a probe."""


async def with_inputs(
    nettests: Sequence[dict[str, Any]], probe: ProbeState, urls: ChoosesUrls
) -> list[dict[str, Any]]:
    """The nettests, those with targets with inputs of now. Raises `BadRequest` for targets nobody knows."""
    names = [one["targets_name"] for one in nettests if one["targets_name"] is not None]
    if any(name != WEBSITES for name in names):
        raise BadRequest("unknown targets_name")
    if not names:
        return list(nettests)
    limit = url_limit(manual=probe.run_type == "manual", charging=probe.is_charging)
    categories = codes(probe.website_category_codes)
    if probe.website_category_codes and not categories:
        # Some were asked for, and none that could be: not the same as all.
        inputs = _inputs(Choice([], failover=False))
    else:
        inputs = _inputs(await urls.choose(probe.probe_cc, probe.asn, categories, _share(limit, len(names))))
    return [one if one["targets_name"] is None else {**one, **inputs} for one in nettests]


def _share(limit: int, nettests: int) -> int:
    return min(limit, max(1, limit * _WHOLE_LISTS // nettests))


def _inputs(choice: Choice) -> dict[str, Any]:
    return {
        "inputs": [entry.url for entry in choice.entries],
        "inputs_extra": [
            {"category_code": entry.category_code, "country_code": entry.country_code}
            for entry in choice.entries
        ],
    }
