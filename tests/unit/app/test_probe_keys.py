"""Keys that probes' requests need, without a setting."""

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import SecretStr

from oonib.app.probes import open_credentials, probe_token_key
from oonib.metrics import Metrics
from oonib.settings import BadSettings, Settings


def test_the_key_of_probe_tokens_is_made_once_and_kept(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path)
    with ThreadPoolExecutor(8) as pool:
        keys = set(pool.map(lambda _: probe_token_key(settings), range(16)))
    assert len(keys) == 1
    assert len(keys.pop()) >= 40
    path = tmp_path / "secrets" / "probe_token_key"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_key_that_is_set_wins_and_is_not_written(tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path, probe_token_key=SecretStr("k" * 40))
    assert probe_token_key(settings) == "k" * 40
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "url",
    [
        "https://host.example/m.json",
        "s3://bucket",
        "s3://bucket/",
        "s3:///m.json",
        "ftp://x/y",
        "s3://b/../m",
    ],
)
def test_places_that_no_manifest_can_be_in(tmp_path: Path, url: str) -> None:
    with pytest.raises(BadSettings, match="manifest_url"):
        open_credentials(Settings(data_dir=tmp_path, manifest_url=url), Metrics())


@pytest.mark.parametrize("form", ["{}", "file://{}"])
def test_a_manifest_without_its_key_is_a_finding(tmp_path: Path, form: str) -> None:
    url = form.format(tmp_path / "manifest.json")
    credentials = open_credentials(Settings(data_dir=tmp_path, manifest_url=url), Metrics())
    try:
        assert credentials.problem is not None
        assert credentials.problem[0] == "anonc_manifest_unreachable"
    finally:
        credentials.close()
