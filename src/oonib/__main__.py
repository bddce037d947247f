"""`python -m oonib` is the `oonib` command."""

from oonib.cli import main

main()
