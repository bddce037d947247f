"""Posts for the archive's tests: a spool filled with them, and a table that behaves like `jsonl`."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from oonib.model.uid import make_uid
from oonib.spool import Spool, Submission, Tally

START = datetime(2026, 3, 2, 10, 15, tzinfo=UTC)


def submit(
    spool: Spool, stored: bytes, *, received: datetime = START, cc: str = "BR", test: str = "webconnectivity"
) -> str:
    """Accept one post; its uid."""
    uid = str(make_uid(received, cc, test, stored))
    digest = hashlib.sha256(stored + uid.encode()).digest()[:20]
    spool.submit(Submission(uid, "", digest, stored)).result()
    return uid


def submit_all(spool: Spool, posts: Iterable[bytes], **where: Any) -> dict[str, bytes]:
    """Accept posts one microsecond apart; uid to stored bytes."""
    received = where.pop("received", START)
    return {
        submit(spool, post, received=received + timedelta(microseconds=n), **where): post
        for n, post in enumerate(posts)
    }


def score_everything(spool: Spool) -> None:
    """Move the scorer's mark past all that is in the spool."""
    entries = spool.after(spool.mark(), limit=100_000, max_bytes=1 << 40)
    if entries:
        spool.settle(entries[-1].seq, [Tally("2026030210", "scored", "", len(entries))])


def post(report_id: str, number: int = 0, *, input_url: str | None = None) -> bytes:
    """A small envelope as it is stored."""
    url = "null" if input_url is None else f'"{input_url}"'
    content = f'{{"report_id":"{report_id}","input":{url},"n":{number},"test_name":"web_connectivity"}}'
    return f'{{"format":"json","content":{content},"is_verified":"u"}}'.encode()


class TableOfLines:
    """Stands in for the `jsonl` table where the test is about the packer; `failure` makes it fail."""

    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.tokens: set[str] = set()
        self.failure: Exception | None = None

    def insert(
        self,
        table: str,
        columns: Sequence[str],
        rows: Sequence[Sequence[Any]],
        *,
        dedup_token: str | None = None,
    ) -> None:
        """Insert unless the token is known."""
        assert table == "jsonl"
        if self.failure is not None:
            raise self.failure
        assert dedup_token is not None
        if dedup_token not in self.tokens:
            self.tokens.add(dedup_token)
            self.rows += [dict(zip(columns, row, strict=True)) for row in rows]

    def select(
        self,
        sql: str,
        parameters: Mapping[str, Any] | None = None,
        *,
        settings: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> list[dict[str, Any]]:
        """The newest row that agrees with the parameters."""
        if self.failure is not None:
            raise self.failure
        wanted = {("measurement_uid" if name == "uid" else name): v for name, v in (parameters or {}).items()}
        if "measurement_uid = ''" in sql:
            wanted["measurement_uid"] = ""
        return [row for row in reversed(self.rows) if all(row[k] == v for k, v in wanted.items())][:1]
