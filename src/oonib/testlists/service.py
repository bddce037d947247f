"""The state machine of an account's proposals (management contract 4).

CLEAN: nothing is proposed. IN_PROGRESS: there are edits. PR_OPEN: they are a pull request that is open.
Everything is done under the account's lock; the records are written last, and are what counts.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import datetime

import structlog

from oonib.errors import BadRequest, Failed, OonibError, Unavailable, domain_error
from oonib.testlists import entries
from oonib.testlists.changes import Edit, Fit, fit
from oonib.testlists.clone import NoClone
from oonib.testlists.entries import Entry, list_changed
from oonib.testlists.files import BadList, ListFile, RowMissing
from oonib.testlists.git import GitFailed
from oonib.testlists.github import GitHub, GitHubAway, GitHubRefused
from oonib.testlists.locks import Busy
from oonib.testlists.remotes import Remote
from oonib.testlists.store import Submission, SubmissionStore
from oonib.testlists.workplace import Workplace
from oonib.testlists.worktree import Unclean, Worktree

MOST_EDITS = 500
"""Edits of one submission."""

_READ_AGE, _WRITE_AGE = 10.0, 0.0
"""Seconds that what is known of upstream may be old."""

_log = structlog.get_logger("testlists")


@dataclass(frozen=True, slots=True)
class Outlet:
    """Where proposals go."""

    push: Remote
    github: GitHub


@dataclass(frozen=True, slots=True)
class Listed:
    """A list as an account sees it, and where the account stands."""

    entries: list[Entry] | None
    submission: Submission
    pr_url: str | None


class TestListService:
    """`outlet` is None where none is configured; `missing` names the settings then."""

    __test__ = False

    def __init__(
        self,
        store: SubmissionStore,
        workplace: Workplace,
        outlet: Outlet | None,
        *,
        missing: str = "",
        clock: Callable[[], datetime],
        read_age: float = _READ_AGE,
    ) -> None:
        self._store = store
        self._workplace = workplace
        self._clone = workplace.clone
        self._outlet = outlet
        self._missing = missing
        self._clock = clock
        self._read_age = read_age

    def list(self, account_id: str, country_code: str) -> Listed:
        """A list with the account's edits. Raises `BadRequest`, `Unavailable`."""
        cc = entries.country(country_code)
        with self._working(account_id):
            submission = self._synced(account_id)
            head = self._clone.refresh(self._read_age)
            found = self._seen(submission, head, cc)
            entries_of = None if found is None else found.entries()
            return Listed(entries_of, submission, self._page_of(submission))

    def standing(self, account_id: str) -> Listed:
        """Where an account stands as far as is known here, without a list."""
        submission = self._store.find(account_id)
        return Listed(None, submission, self._page_of(submission))

    def update(
        self, account_id: str, country_code: str, old: Entry | None, new: Entry | None, comment: str
    ) -> None:
        """Make an edit. Raises `BadRequest`, `Unavailable`, `Conflict`."""
        for one in (new, old):
            if one is not None:
                entries.check(one)
        cc = entries.country(country_code)
        if old == new:
            raise _nothing_proposed()
        if new is not None:
            entries.check_texts(new, old)
        with self._working(account_id):
            submission = self._withdrawn(self._synced(account_id))
            if len(submission.edits) >= MOST_EDITS:
                raise domain_error(
                    BadRequest, f"Submit the first {MOST_EDITS} changes first", "err_cannot_update_list"
                )
            submission, worktree, head = self._rebased(submission)
            edit = Edit(cc, old, new, comment)
            _check_fit(edit, worktree)
            worktree.commit(edit)
            after = self._save(submission.in_progress(head, (*submission.edits, edit)))
            worktree.mark(head, after.edits)

    def submit(self, account_id: str) -> str:
        """Open a pull request; its id. One that is open already stays. Raises as `update` does."""
        with self._working(account_id):
            submission = self._synced(account_id)
            if submission.state == "PR_OPEN" and submission.pr_id:
                return submission.pr_id
            if submission.state == "CLEAN":
                raise _nothing_proposed()
            outlet = self._open_outlet()
            submission, worktree, head = self._rebased(submission)
            if submission.state == "CLEAN" or not worktree.differs(head):
                raise _nothing_proposed()
            pr_id = _proposed(worktree, outlet)
            after = replace(submission, state="PR_OPEN", pr_id=pr_id)
            self._save(after, "testlist.submit")
            return pr_id

    @contextmanager
    def _working(self, account_id: str) -> Iterator[None]:
        try:
            with self._workplace.held(account_id):
                yield
        except Busy:
            raise Unavailable("Another request is under way. Please try again.", retry_after=5) from None
        except NoClone:
            raise Unavailable("The test lists cannot be fetched now", retry_after=30) from None
        except BadList:
            raise _not_supported() from None
        except RowMissing:
            raise list_changed() from None
        except (GitFailed, OSError) as exc:
            _log.error("test lists: it did not work", problem=str(exc))
            with suppress(OSError):
                self._workplace.worktree(account_id).forget()
            raise Failed("It did not work. Please try again.") from None

    def _synced(self, account_id: str) -> Submission:
        """Where the account stands, after a look whether its pull request was merged or closed."""
        submission = self._store.find(account_id)
        if submission.state != "PR_OPEN":
            return submission
        try:
            if self._outlet is None or self._outlet.github.is_open(submission.pr_id or ""):
                return submission
        except GitHubAway as exc:
            _log.warning("GitHub cannot be asked", problem=str(exc))
            return submission
        except GitHubRefused:
            raise domain_error(BadRequest, "Invalid PR state", "err_invalid_pr_state") from None
        submission = self._save(submission.clean(), "testlist.resolved")
        # What stays behind is in nobody's way: it is made again before it is used.
        with suppress(GitFailed, OSError, Busy):
            self._workplace.worktree(account_id).remove()
        return submission

    def _withdrawn(self, submission: Submission) -> Submission:
        """The same without a pull request: it is closed before anything is edited."""
        if submission.state != "PR_OPEN":
            return submission
        try:
            self._open_outlet().github.close(submission.pr_id or "")
        except (GitHubAway, GitHubRefused) as exc:
            _log.warning("a pull request cannot be closed", problem=str(exc))
            text = "Unable to close PR. Please reload data."
            raise domain_error(BadRequest, text, "err_cannot_close_pr") from None
        return self._save(replace(submission, state="IN_PROGRESS", pr_id=None), "testlist.withdraw")

    def _rebased(self, submission: Submission) -> tuple[Submission, Worktree, str]:
        """The edits on upstream's latest commit; its worktree; that commit.

        Edits that no longer fit are taken out for good, and whoever made them is told: `BadRequest`.
        """
        head = self._clone.refresh(_WRITE_AGE)
        worktree = self._workplace.worktree(submission.account_id)
        if worktree.is_of(head, submission.edits):
            return submission, worktree, head
        self._workplace.make_room()
        kept, unfit = worktree.make(head, submission.edits)
        if submission.edits:
            submission = self._save(submission.in_progress(head, kept))
        if unfit:
            raise list_changed({"dropped": [_told(*one) for one in unfit]})
        return submission, worktree, head

    def _seen(self, submission: Submission, head: str, cc: str) -> ListFile | None:
        """A list as the account sees it: with its edits, on the commit of upstream that they were made on."""
        try:
            if submission.state == "CLEAN":
                return self._clone.list(head, cc)
            worktree = self._workplace.worktree(submission.account_id)
            base = submission.base or head
            if not worktree.is_of(base, submission.edits):
                self._workplace.make_room()
                worktree.make(base if self._clone.has(base) else head, submission.edits)
            return worktree.list(cc)
        except BadList:
            return None

    def _save(self, after: Submission, action: str = "") -> Submission:
        return self._store.save(after, self._clock(), action)

    def _page_of(self, submission: Submission) -> str | None:
        if submission.state != "PR_OPEN" or not submission.pr_id or self._outlet is None:
            return None
        return self._outlet.github.page(submission.pr_id)

    def _open_outlet(self) -> Outlet:
        if self._outlet is None:
            raise Unavailable(f"Nothing can be submitted here: {self._missing} not set")
        return self._outlet


def _check_fit(edit: Edit, worktree: Worktree) -> None:
    found = fit(edit, worktree.list)
    if found is Fit.NO_LIST:
        raise _not_supported()
    if found is Fit.DUPLICATE:
        assert edit.new is not None
        url = edit.new.url
        raise domain_error(BadRequest, f"{url} is duplicate", "err_duplicate_url", {"url": url})
    if found is Fit.MISSING:
        raise list_changed()


def _proposed(worktree: Worktree, outlet: Outlet) -> str:
    try:
        worktree.push(outlet.push)
        return outlet.github.open(worktree.branch)
    except Unclean:
        # Made again from the log by the next attempt.
        worktree.forget()
        problem = "the worktree has changes of its own"
    except (GitFailed, GitHubAway, GitHubRefused) as exc:
        problem = str(exc)
    _log.warning("changes cannot be proposed", problem=problem)
    raise domain_error(
        BadRequest, "Unable to propose changes. Please try again.", "err_cannot_propose_changes"
    )


def _told(edit: Edit, why: Fit) -> dict[str, str]:
    of = edit.new or edit.old
    return {"country_code": edit.cc, "url": "" if of is None else of.url, "reason": why.value}


def _nothing_proposed() -> OonibError:
    return domain_error(BadRequest, "No changes are being proposed", "err_no_proposed_changes")


def _not_supported() -> OonibError:
    return domain_error(BadRequest, "Country not supported", "err_country_not_supported")
