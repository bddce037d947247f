"""Requests made from the API document: no endpoint fails, and none answers what the document does not say.

Made over a real process with a real ClickHouse. What is not configured may say so with 503.
"""

from collections.abc import Iterator

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.core.failures import FailureGroup
from schemathesis.generation import GenerationMode
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from support.clickhouse import EmbeddedServer, tables_on
from support.processes import Oonib

CHECKS = [status_code_conformance, content_type_conformance, response_schema_conformance]
UNFIT = {"503"}
"""Documented answers of endpoints that need a setting of their own."""

TOO_LONG = {414, 431}
"""What the HTTP server answers by itself to an address of more than 64 KiB."""


@pytest.fixture(scope="module")
def api(shared_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Oonib]:
    with tables_on(shared_server) as url:
        folder = tmp_path_factory.mktemp("schemathesis")
        with Oonib("api", data_dir=folder, workers=1, clickhouse_url=url) as running:
            yield running


def problems(api: Oonib, examples: int) -> dict[str, str]:
    """The first problem of each endpoint, by its method and path."""
    document = requests.get(f"{api.url}/openapi.json", timeout=30).json()
    schema = schemathesis.openapi.from_dict(document)
    operations = [found.ok() for found in schema.get_all_operations() if not is_endless(found.ok())]
    assert len(operations) > 20
    found = {}
    with requests.Session() as session:
        for operation in operations:
            problem = problem_of(operation, api.url, session, examples)
            if problem is not None:
                found[f"{operation.method} {operation.path}"] = problem
    return found


def is_endless(operation: APIOperation) -> bool:
    """Whether its answer is a stream of events, which has no end that could be waited for."""
    answers = operation.definition.raw["responses"].values()
    return any("text/event-stream" in answer.get("content", {}) for answer in answers)


def problem_of(operation: APIOperation, url: str, session: requests.Session, examples: int) -> str | None:
    """What the first bad answer was."""

    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(
        case=operation.as_strategy(GenerationMode.POSITIVE) | operation.as_strategy(GenerationMode.NEGATIVE)
    )
    def ask(case: schemathesis.Case) -> None:
        answer = case.call(base_url=url, session=session, timeout=30)
        if answer.status_code in TOO_LONG:
            return
        documented = str(answer.status_code) in operation.definition.raw["responses"]
        assert answer.status_code < 500 or (documented and str(answer.status_code) in UNFIT), answer.text
        case.validate_response(answer, checks=CHECKS)

    try:
        ask()
    except FailureGroup as group:
        return "\n".join(str(failure) for failure in group.exceptions)
    except AssertionError as failure:
        return str(failure)
    return None


def test_the_document_is_true(api: Oonib) -> None:
    assert problems(api, examples=6) == {}


@pytest.mark.slow
def test_the_document_is_true_in_the_long_run(api: Oonib) -> None:
    assert problems(api, examples=300) == {}
