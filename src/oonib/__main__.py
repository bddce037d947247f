"""`python -m oonib` is the `oonib` command."""

import gc

# What is imported is no garbage, and looking for some in it takes a fifth of a process's start.
gc.set_threshold(200_000, 10, 10)

from oonib.cli import main  # noqa: E402 - see above

main()
