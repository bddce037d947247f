"""`oonib credentials`: setting up anonymous credentials."""

import json
import os
from pathlib import Path

import typer

from oonib.cli.common import DataDir, fail, out, say, settings_for

app = typer.Typer(help="Anonymous credentials.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    # With one command only, Typer would leave the name of the group out.
    pass


@app.command("new")
def new(data_dir: DataDir = None) -> None:
    """Make a secret key and the manifest that belongs to it, in the data folder. Never replaces them.

    A new pair makes every probe get a new credential and start over, so it is made once. Set `manifest_url`
    to the printed file, after you have edited its policy, or to where you publish it.

    Example: `oonib credentials new --data-dir ./data`
    """
    from oonib.collector.credentials.authority import LibraryAbsent, new_keys, today

    folder = settings_for(data_dir).credentials_dir
    manifest, secret = folder / "manifest.json", folder / "secret_key"
    try:
        public_parameters, secret_key = new_keys()
    except LibraryAbsent as exc:
        fail(str(exc))
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        _write_new(secret, secret_key + "\n", 0o600)
        _write_new(manifest, _manifest(public_parameters, today()), 0o644)
    except FileExistsError as exc:
        fail(f"{exc.filename} is there already, and is left as it is")
    say(f"The secret key is in {secret}. Other API hosts need the same one: copy it there.")
    out(str(manifest))


def _manifest(public_parameters: str, today: int) -> str:
    policy = {"age": [today - 1, today + 3650], "min_measurement_count": 0}
    body = {
        "nym_scope": "ooni.org/{probe_cc}/{probe_asn}",
        "submission_policy": [{"match": {"probe_cc": "*", "probe_asn": "*"}, "policy": policy}],
        "public_parameters": public_parameters,
    }
    return json.dumps(body, indent=2) + "\n"


def _write_new(path: Path, text: str, mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
