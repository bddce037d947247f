"""Running git: fixed arguments, an environment of its own, an end in time. Knows nothing of test lists.

No argument comes from people but commit messages, which go in over standard input. Neither hooks nor the
user's configuration are read, and no protocol is spoken but https, ssh and that of files.
"""

import base64
import os
import signal
import subprocess
from collections.abc import Mapping
from pathlib import Path

from oonib.testlists.remotes import Remote

QUICK, NETWORK = 20.0, 60.0
"""Seconds for what stays on this machine, and for what does not."""

_SHOWN = 500
_INHERITED = (
    "PATH", "SSL_CERT_FILE", "SSL_CERT_DIR", "SSH_AUTH_SOCK",
    "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy", "NO_PROXY", "no_proxy",
)  # fmt: skip
_CONFIG = {
    "core.hooksPath": os.devnull,
    "core.fsmonitor": "false",
    # A link in somebody's commit would lead out of the worktree.
    "core.symlinks": "false",
    "core.autocrlf": "false",
    "core.attributesFile": os.devnull,
    "commit.gpgSign": "false",
    "gc.autoDetach": "false",
    "fetch.recurseSubmodules": "false",
    "push.recurseSubmodules": "no",
    "submodule.recurse": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    # Whom the token was not meant for does not get it by a redirect.
    "http.followRedirects": "false",
    "protocol.allow": "never",
    "protocol.https.allow": "always",
    "protocol.ssh.allow": "always",
    "protocol.file.allow": "always",
}


class GitFailed(Exception):
    """git ended with an error, was not there, or took too long."""


class Git:
    """git for one identity. `token` is shown to `push` alone, if that is reached by https."""

    def __init__(self, home: Path, user: str, token: str = "", push: Remote | None = None) -> None:
        name = user or "oonib"
        config = dict(_CONFIG)
        if push is not None and push.scheme == "https" and token:
            # In the environment, because every user of the machine can read arguments.
            secret = base64.b64encode(f"{user}:{token}".encode()).decode()
            config[f"http.{push.url}.extraHeader"] = f"Authorization: Basic {secret}"
        self._environment = {
            **{key: os.environ[key] for key in _INHERITED if key in os.environ},
            **_as_environment(config),
            "HOME": str(home),
            "LC_ALL": "C",
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_TERMINAL_PROMPT": "0",
            "GIT_SSH_COMMAND": "ssh -oBatchMode=yes",
            "GIT_AUTHOR_NAME": name,
            "GIT_COMMITTER_NAME": name,
            "GIT_AUTHOR_EMAIL": f"{name}@users.noreply.github.com",
            "GIT_COMMITTER_EMAIL": f"{name}@users.noreply.github.com",
        }

    def run(self, folder: Path, *words: str, stdin: bytes = b"", seconds: float = QUICK) -> bytes:
        """What git prints. Raises `GitFailed`."""
        try:
            process = subprocess.Popen(  # noqa: S603 - a fixed program with fixed arguments, and no shell
                ["git", *words],  # noqa: S607 - wherever the system has it
                cwd=folder,
                env=self._environment,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as exc:
            raise GitFailed(f"git cannot be started: {exc.strerror}") from None
        with process:
            try:
                out, err = process.communicate(stdin, timeout=seconds)
            except subprocess.TimeoutExpired:
                # With what it started: the transport of a fetch is a process of its own.
                os.killpg(process.pid, signal.SIGKILL)
                process.communicate()
                raise GitFailed(f"git {words[0]} took longer than {seconds:.0f} s") from None
        if process.returncode != 0:
            raise GitFailed(f"git {words[0]}: {err.decode('utf-8', 'replace').strip()[-_SHOWN:]}")
        return out


def _as_environment(config: Mapping[str, str]) -> dict[str, str]:
    given = {"GIT_CONFIG_COUNT": str(len(config))}
    for number, (key, value) in enumerate(config.items()):
        given[f"GIT_CONFIG_KEY_{number}"], given[f"GIT_CONFIG_VALUE_{number}"] = key, value
    return given
