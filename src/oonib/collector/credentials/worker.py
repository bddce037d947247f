"""A program of its own, run by `crew`: calls of the library on what strangers sent.

Some requests make the library ask for more memory than there is and abort its whole process, so that process
must not be one that does anything else. It imports nothing of this package, which makes it start quickly.

One JSON object a line: in `{"call", "public", "secret", "arguments"}`, out `{"answer"}` or `{"refused"}` with
the name of the error. It ends when its input does.
"""

import json
import os
import resource
import sys
from typing import Any

import ooniauth_py

_MOST_MEMORY = 1024**3
_STATES = 4
_NICE = 5


def main() -> None:
    """Answer until the input ends."""
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    # Submissions without a credential come first: they take a processor for much less.
    os.nice(_NICE)
    # An abort would leave the secret key in a file.
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # Making any state sets the library up; without it the first use of another one may fail.
    ooniauth_py.ServerState()
    states: dict[tuple[str, str], ooniauth_py.ServerState] = {}
    for line in sys.stdin.buffer:
        sys.stdout.buffer.write(json.dumps(_answer(states, json.loads(line))).encode() + b"\n")
        sys.stdout.buffer.flush()


def _answer(states: dict[tuple[str, str], ooniauth_py.ServerState], asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"answer": _call(states, asked)}
    except BaseException as exc:  # noqa: BLE001 - a panic of the library is no `Exception`
        return {"refused": type(exc).__name__}


def _call(states: dict[tuple[str, str], ooniauth_py.ServerState], asked: dict[str, Any]) -> str:
    keys = (asked["public"], asked["secret"])
    if keys not in states:
        if len(states) >= _STATES:
            states.clear()
        states[keys] = ooniauth_py.ServerState.from_creds(*keys)
    state = states[keys]
    if asked["call"] == "sign":
        return state.handle_registration_request(*asked["arguments"])
    if asked["call"] == "verify":
        nym, proof, cc, asn, mark, (first, last), least = asked["arguments"]
        return state.handle_submit_request(nym, proof, cc, asn, mark, (first, last), least)
    # The library takes any pair of keys; only a client notices that they do not belong together.
    client = ooniauth_py.UserState(keys[0])
    client.handle_registration_response(state.handle_registration_request(client.make_registration_request()))
    return ""


if __name__ == "__main__":
    main()
