"""Forms as the JSON objects that routes read: administrators send either by hand (management contract 1.11).

Only for whoever shows a token. A form needs no leave to be sent from a page of another origin, so it must not
do anything that a stranger may do as well.
"""

import json
from urllib.parse import parse_qsl

_FORM = "application/x-www-form-urlencoded"
_MOST_FIELDS = 100


def is_form(content_type: str) -> bool:
    """Whether a body of this type calls itself a form."""
    return content_type.partition(";")[0].strip().lower() == _FORM


def as_json(body: bytes) -> bytes:
    """The fields of a form as an object of texts, the last of several; not a form: an object without any."""
    try:
        fields = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        fields = []
    return json.dumps(dict(fields)).encode()
