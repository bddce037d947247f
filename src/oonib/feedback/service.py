"""Taking and summing up what people say of measurements (management contract 5)."""

from collections.abc import Callable
from datetime import datetime

from oonib.errors import BadRequest, Invalid
from oonib.feedback.schema import STATUSES
from oonib.feedback.store import FeedbackStore
from oonib.records.values import storable


class FeedbackService:
    """Raises `RecordsUnavailable` where the records are away."""

    def __init__(self, store: FeedbackStore, *, clock: Callable[[], datetime]) -> None:
        self._store = store
        self._clock = clock

    def give(self, measurement_uid: str, status: str, account_id: str) -> None:
        """Set the verdict of an account. Raises `BadRequest`, `Invalid`."""
        measurement_uid, status = measurement_uid.strip(), status.strip()
        if status not in STATUSES:
            raise BadRequest("Invalid status")
        if not _is_uid(measurement_uid):
            raise Invalid("measurement_uid has 10 to 100 characters")
        self._store.put(measurement_uid, account_id, status, self._clock())

    def summary(self, measurement_uid: str, account_id: str | None) -> tuple[dict[str, int], str | None]:
        """How often each status was given, and the one of this account; nothing where nobody said any."""
        measurement_uid = measurement_uid.strip()
        if not _is_uid(measurement_uid):
            return {}, None
        return self._store.summary(measurement_uid, account_id)


def _is_uid(text: str) -> bool:
    return 10 <= len(text) <= 100 and storable(text)
