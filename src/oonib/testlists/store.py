"""Where each account stands: one row, changed only by who has seen its latest state."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from sqlalchemy import insert, select, update

from oonib.accounts.store import note
from oonib.records import Conflict, Records
from oonib.records.tables import ALL
from oonib.testlists.changes import Edit, read

State = Literal["CLEAN", "IN_PROGRESS", "PR_OPEN"]
_TABLE = ALL.tables["testlist_submission"]


@dataclass(frozen=True, slots=True)
class Submission:
    """Where an account stands. `base`: the upstream commit that the edits are on. `version`: 0 for none."""

    account_id: str
    state: State = "CLEAN"
    pr_id: str | None = None
    edits: tuple[Edit, ...] = ()
    base: str | None = None
    version: int = 0

    def clean(self) -> "Submission":
        """The same account with nothing proposed."""
        return replace(self, state="CLEAN", pr_id=None, edits=(), base=None)

    def in_progress(self, base: str, edits: Sequence[Edit]) -> "Submission":
        """The same account with these edits; without any it is clean."""
        state: State = "IN_PROGRESS" if edits else "CLEAN"
        return replace(self, state=state, pr_id=None, edits=tuple(edits), base=base if edits else None)


class SubmissionStore:
    """Every method raises `RecordsUnavailable`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    def find(self, account_id: str) -> Submission:
        """Where an account stands: clean, if it was never heard of."""
        with self._records.read() as session:
            row = session.execute(select(_TABLE).where(_TABLE.c.account_id == account_id)).first()
        if row is None:
            return Submission(account_id)
        edits = tuple(read(one) for one in row.changes)
        return Submission(account_id, row.state, row.pr_id, edits, row.base_commit, row.version)

    def save(self, after: Submission, now: datetime, action: str = "") -> Submission:
        """Put it in the place of the state that it was made from; as it is then.

        With `action`, that is noted in the audit log. Raises `Conflict` where somebody else was faster.
        """
        saved = replace(after, version=after.version + 1)
        row = {
            "version": saved.version,
            "state": saved.state,
            "pr_id": saved.pr_id,
            "changes": [edit.kept() for edit in saved.edits],
            "base_commit": saved.base,
            "update_time": now,
        }
        is_this = (_TABLE.c.account_id == after.account_id, _TABLE.c.version == after.version)
        with self._records.write() as session:
            if after.version == 0:
                session.execute(insert(_TABLE).values(account_id=after.account_id, **row))
            elif (
                session.execute(
                    update(_TABLE).where(*is_this).values(**row).returning(_TABLE.c.version)
                ).first()
                is None
            ):
                raise Conflict("the submission was changed meanwhile")
            if action:
                note(session, now, after.account_id, action, saved.pr_id or after.pr_id or "")
        return saved
