"""What a form sends: names and texts, bounded. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from oonib.errors import BadRequest

MOST_BYTES = 1024 * 1024
_MOST_FIELDS = 2000


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form, in the order they were sent."""

    fields: Sequence[tuple[str, str]] = ()

    def get(self, name: str, default: str = "") -> str:
        """The first value of a field, without blanks around it."""
        return next((value.strip() for key, value in self.fields if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a field that is not empty."""
        return [value.strip() for key, value in self.fields if key == name and value.strip()]

    def __contains__(self, name: str) -> bool:
        return any(key == name for key, _ in self.fields)


def read_form(content_type: str, body: bytes) -> Form:
    """The form in the body of a request. Raises `BadRequest`."""
    if content_type.split(";", maxsplit=1)[0].strip().lower() != "application/x-www-form-urlencoded":
        raise BadRequest("Only forms are taken here")
    try:
        text = body.decode("ascii")
        pairs = parse_qsl(
            text, keep_blank_values=True, max_num_fields=_MOST_FIELDS, encoding="utf-8", errors="strict"
        )
    except ValueError:
        raise BadRequest("The form cannot be read") from None
    return Form([(name, value.replace("\r\n", "\n")) for name, value in pairs])
