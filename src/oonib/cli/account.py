"""`oonib account`: roles, ending sessions, and who did what."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from oonib.cli.common import DataDir, fail, out, own_folder, say, settings_for

if TYPE_CHECKING:
    from oonib.records import Records
    from oonib.settings import Settings

app = typer.Typer(help="Accounts: roles, ending sessions, the audit log.", no_args_is_help=True)

_BY = "operator"
"""Who does what is done from the command line, in the audit log."""

Email = Annotated[str, typer.Argument(metavar="EMAIL", help="The address that logs in.")]


class RoleName(StrEnum):
    """The roles there are."""

    USER = "user"
    ADMIN = "admin"


@app.command()
def role(
    email: Email,
    wanted: Annotated[
        RoleName | None, typer.Argument(metavar="[user|admin]", help="The role to give.")
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Give a role to an address, or show the one it has. It need not have logged in yet.

    It shows at the next login or refresh. A role that is taken away ends the sessions that have it.

    Example: `oonib account role somebody@example.org admin`
    """
    from oonib.accounts.service import Administration
    from oonib.accounts.store import AccountStore
    from oonib.editorial import account_key, now

    address = _checked(email)
    settings = settings_for(data_dir)
    with _records(settings) as records:
        administration = Administration(AccountStore(records), key=account_key(settings), clock=now)
        if wanted is None:
            out(administration.role(address) or RoleName.USER)
        else:
            administration.set_role(address, wanted, _BY)
            say(f"{address} is {wanted} from the next login on")
    if address in {one.strip().lower() for one in settings.admin_emails}:
        say("the setting admin_emails makes this address an admin, whatever role is given")


@app.command()
def expunge(email: Email, data_dir: DataDir = None) -> None:
    """End all sessions, login links and API tokens of an address that began before now.

    Example: `oonib account expunge somebody@example.org`
    """
    from oonib.accounts.service import Administration
    from oonib.accounts.store import AccountStore
    from oonib.editorial import account_key, now

    address = _checked(email)
    settings = settings_for(data_dir)
    with _records(settings) as records:
        Administration(AccountStore(records), key=account_key(settings), clock=now).expunge(address, _BY)
    say(f"{address} is logged out everywhere")


@app.command()
def log(
    data_dir: DataDir = None,
    limit: Annotated[int, typer.Option(min=1, max=1_000_000, help="How many entries, the latest.")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
) -> None:
    """Show who did what: time, account, action, object, details. The latest comes last.

    Example: `oonib account log --limit 20`
    """
    from oonib.accounts.store import AccountStore
    from oonib.records.values import shown

    with _records(settings_for(data_dir)) as records:
        for entry in AccountStore(records).log(limit):
            told = (shown(entry.time), entry.account_id, entry.action, entry.object_id, entry.detail)
            if as_json:
                out(
                    json.dumps(
                        dict(zip(("time", "account_id", "action", "object_id", "detail"), told, strict=True))
                    )
                )
            else:
                details = " ".join(f"{key}={json.dumps(value)}" for key, value in entry.detail.items())
                out(" ".join(part for part in (*told[:4], details) if part))


def _checked(email: str) -> str:
    from oonib.accounts.addresses import BadAddress, checked_address

    try:
        return checked_address(email)
    except BadAddress as exc:
        fail(str(exc), status=2)


@contextmanager
def _records(settings: "Settings") -> "Iterator[Records]":
    """The records with all their tables, also before the first start of the backend."""
    from oonib.editorial import open_records
    from oonib.records import Conflict, RecordsUnavailable
    from oonib.records.migrating import migrate

    own_folder(settings.data_dir)
    records = open_records(settings)
    try:
        migrate(records)
        yield records
    except (Conflict, RecordsUnavailable) as exc:
        fail(f"the database: {exc}")
    finally:
        records.close()
