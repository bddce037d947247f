"""Writes the pages of the documentation that follow from the program: settings, command line, API document.

`python -m docs.generate` writes them, `--check` fails when they are not what the program says.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parent
COMMANDS = (
    (),
    ("up",),
    ("submit",),
    ("normalise",),
    ("simulate",),
    ("demo",),
    ("doctor",),
    ("settings",),
    ("openapi",),
    ("archive", "pack"),
    ("archive", "list"),
    ("archive", "verify"),
    ("archive", "reindex"),
    ("archive", "remove"),
    ("archive", "export-parquet"),
    ("jobs", "list"),
    ("jobs", "run"),
    ("spool", "status"),
    ("spool", "dead-letters"),
    ("spool", "import"),
    ("spool", "export"),
    ("spool", "check"),
    ("db", "migrate"),
    ("db", "check"),
    ("db", "query"),
    ("db", "import-records"),
    ("account", "role"),
    ("account", "expunge"),
    ("account", "log"),
    ("api",),
    ("fastpath",),
    ("clickhouse",),
)


def oonib(*words: str) -> str:
    """What a command prints, as wide as a page."""
    plain = {**os.environ, "COLUMNS": "100", "TERM": "dumb", "NO_COLOR": "1", "TERMINAL_WIDTH": "100"}
    command = [sys.executable, "-m", "oonib", *words]
    return subprocess.run(command, env=plain, capture_output=True, text=True, check=True).stdout


def command_line() -> str:
    """The help of every command."""
    pages = ["# Command line", "", "This page is generated from `--help`.", ""]
    for words in COMMANDS:
        text = "\n".join(line.rstrip() for line in oonib(*words, "--help").strip().splitlines())
        pages += [f"## `{' '.join(('oonib', *words))}`", "", "```text", text, "```", ""]
    return "\n".join(pages)


def api_document() -> str:
    """The OpenAPI document with its keys in a stable order."""
    return json.dumps(json.loads(oonib("openapi")), indent=1, sort_keys=True, ensure_ascii=False) + "\n"


def main() -> int:
    """Write or check."""
    pages = {
        DOCS / "settings.md": oonib("settings", "--markdown"),
        DOCS / "command-line.md": command_line(),
        DOCS / "openapi.json": api_document(),
    }
    stale = [path for path, text in pages.items() if not path.exists() or path.read_text() != text]
    if "--check" in sys.argv:
        for path in stale:
            print(f"{path.relative_to(DOCS.parent)} is not what the program says: run `make docs`")
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages[path])
        print(f"wrote {path.relative_to(DOCS.parent)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
