"""Editing the test lists: each account proposes changes to a git repository, over a pull request of its own.

The log of an account's edits in the records is what counts. Clone and worktrees on disk can be thrown away at
any time and are made again from upstream and the log. `entries`, `files` and `changes` are pure; `git`,
`clone`, `worktree` and `github` know one kind of thing outside each; `service` is the state machine.
"""

from oonib.testlists.service import TestListService

__all__ = ["TestListService"]
