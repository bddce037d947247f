"""`oonib credentials new`: a pair that belongs together, made once."""

import stat
from datetime import UTC, datetime
from pathlib import Path

from oonib.collector.credentials.authority import Authority
from oonib.collector.credentials.crew import Crew
from oonib.collector.credentials.manifest import Manifest

from support.credentials import library
from support.processes import clean_environment, run_oonib


def test_a_pair_that_is_never_replaced(tmp_path: Path) -> None:
    library()
    environment = clean_environment(data_dir=tmp_path)
    made = run_oonib("credentials", "new", env=environment)
    assert made.returncode == 0, made.stderr
    path = Path(made.stdout.strip())
    assert path == tmp_path / "credentials" / "manifest.json"
    secret = path.with_name("secret_key")
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    assert secret.read_text().strip() not in made.stdout + made.stderr
    manifest = Manifest.parse(path.read_bytes(), datetime.now(UTC))
    crew = Crew(1)
    try:
        authority = Authority.open(crew, manifest.body.public_parameters, secret.read_text().strip())
        first, last = manifest.policy("BR", "AS1").age
        assert first <= authority.today() < last
    finally:
        crew.close()
    before = (secret.read_bytes(), path.read_bytes())
    again = run_oonib("credentials", "new", env=environment)
    assert (again.returncode, again.stdout) == (1, "")
    assert "left as it is" in again.stderr
    assert (secret.read_bytes(), path.read_bytes()) == before
