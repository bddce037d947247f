"""The frames of a report as YAML values, and what is none as `Unfit`."""

from typing import Any

from oonib.archive.legacy.unfit import Unfit
from oonib.model import yamltext


def load(text: bytes) -> Any:
    """The value of one document. Raises `Unfit`: `bad_yaml`, `yaml_too_complex`."""
    try:
        return yamltext.loads(text)
    except yamltext.MalformedYaml as exc:
        raise Unfit(exc.token, exc.reason) from None
