"""Run the embedded ClickHouse alone: `python -m oonib.warehouse.embedded --data-dir DIR [--port P]`."""

import argparse
import sys
from pathlib import Path

from oonib.warehouse.embedded import EmbeddedError, ensure_password, run_embedded


def main(arguments: list[str] | None = None) -> int:
    """Run until a signal; 1 when it cannot start."""
    parser = argparse.ArgumentParser(prog="oonib.warehouse.embedded", description=__doc__)
    parser.add_argument("--data-dir", type=Path, required=True)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8123, help="0 takes any free port, see DIR/address")
    parser.add_argument("--password-file", type=Path, help="made on first start; DIR/password unless given")
    options = parser.parse_args(arguments)
    try:
        password = ensure_password(options.password_file or options.data_dir / "password")
        run_embedded(data_dir=options.data_dir, host=options.host, port=options.port, password=password)
    except EmbeddedError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
