"""HTTP side of API tokens."""

from typing import Annotated

from fastapi import APIRouter, Path, Request

from oonib.accounts.apitokens.schema import ApiTokenList, MadeApiToken, NewApiToken, ShownApiToken
from oonib.accounts.apitokens.service import ApiTokens
from oonib.accounts.guard.documented import problems
from oonib.accounts.guard.routes import Guard, caller
from oonib.accounts.schema import Empty
from oonib.records.tables import ApiToken
from oonib.records.values import shown

_STATUSES = problems(
    s400="The account has 20 tokens",
    s401="Nobody is logged in",
    s404="There is no such token of the account",
    s409="Somebody else changed it just now",
    s503="The database is away: try again",
)
_PATH = "/api/v1/user_api_tokens"


def router(guard: Guard, tokens: ApiTokens) -> APIRouter:
    """The endpoints of an account's own API tokens."""
    routes = guard.for_users(tags=["accounts"], responses=_STATUSES)

    @routes.post(_PATH, summary="Make an API token")
    def create(request: Request, asked: NewApiToken) -> MadeApiToken:
        """Requests that show it as `Authorization: Bearer` count for the account's quota.

        It is told this once: only its hash is kept. 400 for an account that has 20.
        """
        made = tokens.create(caller(request).account_id, asked.name)
        return MadeApiToken(**_shown(made.kept).model_dump(), token=made.token)

    @routes.get(_PATH, summary="The API tokens of the account")
    def show(request: Request) -> ApiTokenList:
        """Their names and times, not themselves."""
        return ApiTokenList(api_tokens=[_shown(one) for one in tokens.of_account(caller(request).account_id)])

    @routes.delete(_PATH + "/{id}", summary="Revoke an API token")
    def revoke(request: Request, id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> Empty:  # noqa: A002
        """It counts for nothing from then on, at the latest after a few seconds. 404 for another's."""
        tokens.revoke(caller(request).account_id, id)
        return Empty()

    return routes


def _shown(token: ApiToken) -> ShownApiToken:
    return ShownApiToken(id=token.digest, name=token.name, create_time=shown(token.create_time))
