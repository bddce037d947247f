"""`make bench`: every benchmark, one after the other. `python -m bench pipeline` runs one.

`python -m bench load --seconds 600 --rate 500` runs for as long as it is told, so only when it is named.
"""

import importlib
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))
ALL = (
    "scoring",
    "reprocess",
    "verify",
    "archive",
    "warehouse",
    "pipeline",
    "checkin",
    "queries",
    "records",
    "pages",
)


def main() -> None:
    """Run what was asked for, or everything."""
    for name in [given for given in sys.argv[1:] if given in (*ALL, "load")] or ALL:
        print(f"## {name}")
        importlib.import_module(f"bench.bench_{name}").main()
        print()


main()
