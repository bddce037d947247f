"""`make bench`: every benchmark, one after the other. `python -m bench pipeline` runs one."""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
ALL = ("scoring", "reprocess", "warehouse", "pipeline", "checkin", "queries")


def main() -> None:
    """Run what was asked for, or everything."""
    for name in [given for given in sys.argv[1:] if not given.isdigit()] or ALL:
        print(f"## {name}")
        importlib.import_module(f"bench.bench_{name}").main()
        print()


main()
