"""Quotas of real worker processes: shared, healed, never in the way of probes."""

from pathlib import Path

import httpx

from support.processes import Oonib, wait_until
from support.submissions import REPORT_ID, body

METERED = "/api/v1/no-such-thing"


def statuses(api: Oonib, path: str, times: int) -> set[int]:
    """The answers over as many connections, which several workers take turns to accept."""
    with httpx.Client(timeout=20, limits=httpx.Limits(max_keepalive_connections=0)) as client:
        return {client.get(api.url + path).status_code for _ in range(times)}


def test_workers_share_quotas_and_heal_them(tmp_path: Path) -> None:
    api = Oonib(
        "api",
        data_dir=tmp_path / "data",
        workers=2,
        quota_day_seconds=0.02,
        quota_week_seconds=0.02,
        quota_month_seconds=0.02,
    )
    with api:
        wait_until(lambda: 429 in statuses(api, METERED, 5), what="a used-up quota")
        # From now on in whichever worker.
        wait_until(lambda: statuses(api, METERED, 12) == {429}, what="a refusal by all")
        submitted = httpx.post(f"{api.url}/report/{REPORT_ID}", content=body())
        assert submitted.status_code == 200
        assert statuses(api, "/version", 4) == {200}
        assert "x-ratelimit-remaining" not in submitted.headers
        assert api.stop() == 0
        (tmp_path / "data" / "quotas" / "data.mdb").write_bytes(b"no database" * 4000)
        api.start()
        assert httpx.get(api.url + METERED).status_code == 404
        assert 'oonib_quota_store_failures_total{reason="healed"} 1.0' in httpx.get(f"{api.url}/metrics").text
        wait_until(lambda: statuses(api, METERED, 12) == {429}, what="a refusal after healing")
