"""API tokens: what programs show so that their requests count for an account's quota and not a network's.

A token proves nothing else: no endpoint that needs a session takes it. It is kept nowhere, only its hash.
"""

from oonib.accounts.apitokens.service import ApiTokens, Made, digest
from oonib.accounts.apitokens.store import ApiTokenStore

__all__ = ["ApiTokenStore", "ApiTokens", "Made", "digest"]
