"""Messages of jobs without places of the host."""

import pytest

from oonib.jobs.telling import public


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ("96 addresses loaded from /srv/oonib/lists", "96 addresses loaded from …/lists"),
        ("'/etc/secret/key.json': no such file", "'…/key.json': no such file"),
        ("~/data/x and ../y/z", "…/x and …/z"),
        ("/srv/oonib/: full", "…/oonib: full"),
        ("https://host.example/a/b.gz: 404", "https://host.example/a/b.gz: 404"),
        ("file:///srv/lists.git", "file:///srv/lists.git"),
        ("3/4 done, 12 MB/s", "3/4 done, 12 MB/s"),
        ("starter", "starter"),
    ],
)
def test_paths_are_cut_to_their_last_name(message: str, told: str) -> None:
    assert public(message) == told
