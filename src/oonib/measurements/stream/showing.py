"""An arrival as a search lists it. Pure."""

from typing import Any

from oonib.measurements import answers
from oonib.measurements.store import Row


def shown(row: dict[str, Any], raw_url: str) -> dict[str, Any]:
    """A row of `arrivals` for a client. `raw_url`: where bodies are, up to the uid."""
    return answers.listed(
        Row(
            measurement_uid=row["measurement_uid"],
            report_id=row["report_id"],
            input=row["input"],
            probe_cc=row["probe_cc"],
            probe_asn=int(row["probe_asn"]),
            test_name=row["test_name"],
            measurement_start_time=row["measurement_start_time"],
            scores=row["scores"],
            anomaly=row["anomaly"] == "t",
            confirmed=row["confirmed"] == "t",
            failure=row["msm_failure"] == "t",
            is_verified=row["is_verified"],
        ),
        raw_url,
    )
