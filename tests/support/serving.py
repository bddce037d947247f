"""The measurement endpoints of one host over real parts, for tests: requests in, answers out."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
from fastapi import FastAPI

from oonib.app import errors
from oonib.archive import BodyStore
from oonib.measurements.aggregation.routes import router as aggregation_router
from oonib.measurements.aggregation.service import AggregationService
from oonib.measurements.aggregation.store import AggregationStore
from oonib.measurements.gate import Gates
from oonib.measurements.routes import router
from oonib.measurements.service import MeasurementService
from oonib.objects import ObjectStore
from oonib.spool import Limits, Spool
from oonib.warehouse.client import Warehouse
from oonib.warehouse.tables import FASTPATH_COLUMNS

BASE_URL = "https://api.example.org"
NOW = datetime(2026, 3, 2, 10, 30, tzinfo=UTC)


class Client:
    """Requests to an application, through its whole ASGI side."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app

    def get(self, url: str, **options: Any) -> httpx.Response:
        """The answer, whatever it is."""
        return asyncio.run(self._get(url, options))

    async def _get(self, url: str, options: dict[str, Any]) -> httpx.Response:
        transport = httpx.ASGITransport(app=self._app, raise_app_exceptions=False)
        async with httpx.AsyncClient(transport=transport, base_url="http://host.example") as client:
            return await client.get(url, **options)


class Backend:
    """The endpoints of one host, and what lies behind them."""

    def __init__(self, folder: Path, warehouse: Warehouse, others: list[str]) -> None:
        self.folder = folder
        self.warehouse = warehouse
        self.spool = Spool(folder / "spool" / "spool.sqlite", Limits(disk_reserve=0))
        self.store = ObjectStore.open(str(folder / "objects"), data_dir=None)
        self.now = NOW
        self.service = MeasurementService.build(
            warehouse=warehouse,
            spool=self.spool,
            archive=BodyStore(warehouse, self.store),
            other_collectors=others,
            base_url=BASE_URL,
            clock=lambda: self.now,
        )
        app = FastAPI()
        errors.install(app)
        local = lambda request: request.headers.get("x-local") == "yes"  # noqa: E731 - made up, as addresses are
        app.include_router(router(self.service, local))
        self.aggregation = AggregationStore(warehouse, most_rows=0)
        aggregation = AggregationService(self.aggregation, Gates(), clock=lambda: self.now)
        app.include_router(aggregation_router(aggregation, local))
        self.app = app
        self.client = Client(app)

    def close(self) -> None:
        self.service.close()
        self.spool.close()

    def insert(self, *rows: dict[str, Any], mark: str = "") -> None:
        """Rows of `fastpath`; what is not given has the value of an ordinary measurement.

        `mark` is the `log_comment` of the insert.
        """
        full = [measurement(**row) for row in rows]
        self.warehouse.insert(
            "fastpath",
            list(full[0]),
            [list(row.values()) for row in full],
            settings={"log_comment": mark},
        )

    def search(self, **parameters: Any) -> dict[str, Any]:
        """The answer of a search that works."""
        response = self.client.get("/api/v1/measurements", params=parameters)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def uids(self, **parameters: Any) -> list[str]:
        """The uids of a search, in its order."""
        return [result["measurement_uid"] for result in self.search(**parameters)["results"]]


def measurement(**values: Any) -> dict[str, Any]:
    """A row of `fastpath`."""
    row: dict[str, Any] = {
        "measurement_uid": "20260302100000.000000_BR_webconnectivity_0123456789abcdef",
        "report_id": "20260302T095900Z_webconnectivity_BR_64500_n1_AbCdEfGhIjKlMnOp",
        "input": "https://site.example/",
        "probe_cc": "BR",
        "probe_asn": 64500,
        "test_name": "web_connectivity",
        "test_start_time": datetime(2026, 3, 2, 9, 59, tzinfo=UTC),
        "measurement_start_time": datetime(2026, 3, 2, 9, 59, 30, tzinfo=UTC),
        "scores": '{"blocking_general":0.0}',
        "platform": "linux",
        "anomaly": "f",
        "confirmed": "f",
        "msm_failure": "f",
        "blocking_type": "",
        "domain": "site.example",
        "software_name": "miniooni",
        "software_version": "3.30.0",
        "test_version": "0.4.3",
        "test_runtime": 1.5,
        "architecture": "amd64",
        "engine_name": "ooniprobe-engine",
        "engine_version": "3.30.0",
        "test_helper_address": "",
        "test_helper_type": "",
        "ooni_run_link_id": None,
        "is_verified": "u",
        "fingerprints_snapshot": "",
    }
    assert set(row) == set(FASTPATH_COLUMNS)
    return row | values
