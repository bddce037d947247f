"""A rehearsal of each renewal: what its source holds, or why it will not do. No database is asked."""

from pathlib import Path
from typing import Any

import pytest

from oonib.jobs.renewals import renewals
from oonib.jobs.scheduler import JobFailed
from oonib.metrics import Metrics
from oonib.settings import Settings


class Nothing:
    """Tables that nobody may ask."""

    def __getattr__(self, name: str) -> Any:
        raise AssertionError(name)


def rehearsed(name: str, **settings: Any) -> str:
    given = Settings(data_dir=Path("/nonexistent"), object_store_url="", **settings)
    jobs = {job.name: job for job in renewals(given, Nothing(), Metrics().reference)}  # type: ignore[arg-type]
    rehearse = jobs[name].rehearse
    assert rehearse is not None
    return rehearse()


@pytest.mark.parametrize(
    ("name", "setting", "words"),
    [
        ("fingerprints", "fingerprints_source", "14 DNS and 17 HTTP fingerprints"),
        ("test-lists", "test_lists_source", "test lists"),
        ("asn", "asn_source", "names of networks"),
    ],
)
def test_the_starter_data_is_as_it_should_be(name: str, setting: str, words: str) -> None:
    told = rehearsed(name, **{setting: "starter"})
    assert words in told
    assert told.endswith("in starter, all as it should be; nothing was changed")


@pytest.mark.parametrize(
    ("name", "setting"),
    [
        ("fingerprints", "fingerprints_source"),
        ("test-lists", "test_lists_source"),
        ("asn", "asn_source"),
        ("geoip", "geoip_source"),
    ],
)
def test_a_source_that_is_not_there(name: str, setting: str, tmp_path: Path) -> None:
    with pytest.raises(JobFailed):
        rehearsed(name, **{setting: str(tmp_path / "none")})


def test_too_few_names(tmp_path: Path) -> None:
    file = tmp_path / "names.json"
    file.write_text('{"1": [["a", "IT", "20200101", "x", "RIPE"]]}')
    with pytest.raises(JobFailed, match="1 names, expected between"):
        rehearsed("asn", asn_source=str(file))
