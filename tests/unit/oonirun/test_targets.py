"""What probes get where a link leaves inputs open, and what that costs them (management contract 3.5)."""

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oonib.app.metering import is_unmetered
from oonib.errors import BadRequest
from oonib.oonirun.schema import ProbeState
from oonib.oonirun.targets import WEBSITES, with_inputs

from support.people import Urls

MANUAL = {
    "run_type": "manual",
    "is_charging": True,
    "probe_asn": "1",
    "probe_cc": "it",
    "network_type": "usb",
}


def expanded(names: list[str | None], **probe: Any) -> tuple[list[dict[str, Any]], Urls]:
    urls = Urls()
    nettests = [{"targets_name": name, "inputs": None, "inputs_extra": None} for name in names]
    state = ProbeState.model_validate({**MANUAL, **probe})
    return asyncio.run(with_inputs(nettests, state, urls)), urls


@given(st.lists(st.sampled_from([None, WEBSITES]), max_size=500), st.sampled_from(["manual", "timed"]))
def test_one_look_and_a_bounded_answer(names: list[str | None], run_type: str) -> None:
    found, urls = expanded(names, run_type=run_type)
    dynamic = names.count(WEBSITES)
    assert len(urls.asked) == min(dynamic, 1)
    assert [one["inputs"] is None for one in found] == [name is None for name in names]
    for _, _, _, limit in urls.asked:
        whole = 9999 if run_type == "manual" else 100
        assert limit == whole if dynamic <= 4 else limit * dynamic <= max(4 * whole, dynamic)


def test_targets_that_nobody_knows() -> None:
    with pytest.raises(BadRequest, match="unknown targets_name"):
        expanded([WEBSITES, "everything"])


@pytest.mark.parametrize(
    ("path", "free"),
    [
        ("/api/v2/oonirun/links/10000/engine-descriptor/latest", True),
        ("/api/v2/oonirun/links/10000/engine-descriptor/latest/more", False),
        ("/api/v2/oonirun/links/10000", False),
        ("/api/v1/x/api/v2/oonirun/links/1/engine-descriptor/1", False),
    ],
)
def test_what_probes_ask_for_costs_nothing(path: str, free: bool) -> None:
    assert is_unmetered(path) is free
