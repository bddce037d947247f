"""`oonib doctor`: looks for what keeps a backend from running well, and says what to do."""

import typer

from oonib.cli.common import DataDir, out, settings_for

_SIGN = {"ok": "ok     ", "warning": "warning", "fail": "FAIL   "}


def doctor(data_dir: DataDir = None) -> None:
    """Check ports, disk, permissions, versions and clock. Safe to run at any time.

    Example: `oonib doctor --data-dir ./data`
    """
    from oonib.diagnosis import diagnose

    problems = 0
    for finding in diagnose(settings_for(data_dir)):
        out(f"{_SIGN[finding.status]} {finding.subject}: {finding.detail}")
        if finding.advice:
            out(f"        -> {finding.advice}")
        problems += finding.status == "fail"
    if problems:
        raise typer.Exit(1)
