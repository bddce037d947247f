"""What a page says after a form was dealt with.

The address names it by a word of ours, so that nobody can make a link which puts words into our mouth.
"""

from collections.abc import Mapping
from urllib.parse import urlencode

from oonib.web.frame import Said, said

PARAMETER = "done"
_NOTICES: dict[str, Said] = {
    "sent": said("If that is an address of yours, a mail with a link is on its way to it."),
    "in": said("You are logged in."),
    "out": said("You are logged out."),
    "everywhere": said("All your sessions, login links and API tokens have ended."),
    "revoked": said("The API token is revoked. Within seconds it counts for nothing."),
    "created": said("It is created."),
    "saved": said("Your changes are saved."),
    "published": said("Everybody can see it now."),
    "unpublished": said("It is a draft again. Only people who are logged in can see it."),
    "deleted": said("It is deleted."),
    "archived": said("The link is archived. It stays readable, and nobody can edit it."),
    "revised": said("Saved as a new revision."),
    "proposed": said("Your change is noted. It is proposed once you submit your changes."),
    "taken-back": said("The change is taken back."),
    "submitted": said("Your changes are submitted."),
    "rule-added": said("The rule is added. It counts for the next probe that asks."),
    "rule-changed": said("The rule is changed. It counts for the next probe that asks."),
    "rule-removed": said("The rule is removed. It no longer counts for the next probe that asks."),
}


def notice(asked: Mapping[str, str]) -> Said | None:
    """The notice that the parameters of a page ask for."""
    return _NOTICES.get(asked.get(PARAMETER, ""))


def noticed(address: str, word: str, **more: str) -> str:
    """The address of a page of ours that shows a notice."""
    if word not in _NOTICES:
        raise KeyError(word)
    return f"{address}?{urlencode({**more, PARAMETER: word}, errors='replace')}"
