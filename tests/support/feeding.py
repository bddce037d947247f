"""What API hosts send to the feeder of another host."""

import json
import random
from datetime import UTC, datetime, timedelta

from oonib.model.uid import make_uid
from oonib.simulate import World

Post = tuple[str, bytes]
"""A uid, and the envelope with the mark of verification."""


def posts(count: int, seed: int) -> list[Post]:
    """Fresh measurements of the simulated world, each with a report of its own."""
    now = datetime.now(UTC)
    rng = random.Random(seed)
    made = []
    for measurement in World(seed).measurements(count, start=now - timedelta(minutes=30), end=now):
        parts = str(measurement.body["report_id"]).split("_")
        parts[-1] = f"{rng.getrandbits(63):016x}"
        content = {**measurement.body, "report_id": "_".join(parts)}
        stored = json.dumps({"format": "json", "content": content, "is_verified": "t"}).encode()
        test = str(content["test_name"]).replace("_", "")
        made.append((str(make_uid(now, str(content["probe_cc"]), test, stored)), stored))
    return made
