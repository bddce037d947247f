"""What goes in and out (management contract 4.2 to 4.4). Unknown keys are ignored."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, Field

from oonib.records.values import StorableText
from oonib.testlists.entries import Entry

_Text = Annotated[StorableText, Field(max_length=4000)]


class ListEntry(BaseModel):
    """A row of a list, as the editor knows it."""

    url: _Text
    category_code: _Text
    date_added: _Text
    source: _Text
    notes: _Text

    def entry(self) -> Entry:
        """The same, for the rest of the program."""
        return Entry(self.url, self.category_code, self.date_added, self.source, self.notes)


class DescribedEntry(ListEntry):
    """The same with its category in words."""

    category_description: str


class ChangedEntry(DescribedEntry):
    """`add`: new, or edited. `delete`: it goes."""

    action: Literal["add", "delete"]


class CountryList(BaseModel):
    """A list with the account's own edits; null where there is none. `changes` are those of all lists."""

    test_list: list[ListEntry] | None
    changes: dict[str, list[ChangedEntry]]
    state: Literal["CLEAN", "IN_PROGRESS", "PR_OPEN"]
    pr_url: str | None


def _none_if_empty(value: Any) -> Any:
    return None if value == {} else value


_Given = Annotated[ListEntry | None, BeforeValidator(_none_if_empty)]


class UrlChange(BaseModel):
    """Only `new_entry`: add it. Only `old_entry`: delete it. Both: edit. Null and `{}` mean none."""

    country_code: StorableText = Field(max_length=100, description="Two letters, or `global`.")
    comment: _Text = Field(description="What the commit says.")
    old_entry: _Given = None
    new_entry: _Given = None


class UpdatedEntry(BaseModel):
    """The entry as it is now; null where it was deleted."""

    updated_entry: DescribedEntry | None


class Submitted(BaseModel):
    """`pr_id`: the address of the pull request in GitHub's API."""

    pr_id: str
