"""The API document: what the framework derives, and what it cannot (the submission routes)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from oonib.app.errors import Problem
from oonib.app.metering import is_unmetered
from oonib.collector.routes import DOCUMENTED, DOCUMENTED_MODELS

_PROBLEM = {"application/json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_PROBLEMS = {
    "400": "The request is refused as it stands",
    "403": "Never shown, whoever asks",
    "404": "There is no such thing",
    "422": "A parameter is out of its range or of the wrong kind",
    "503": "Something that the answer needs is away: try again",
    "504": "It took too long: ask for less",
}
_BODY_PROBLEMS = {
    "400": "The body cannot be understood",
    "401": "What is shown does not prove who asks",
    "403": "Refused, whoever asks",
    "404": "There is no such thing",
    "408": "The body makes no progress",
    "413": "The body is too large",
    "422": "A value is out of its range or of the wrong kind",
    "503": "Something that the answer needs is away or not configured",
}


def _describe_problems(operations: dict[str, Any]) -> None:
    """Where the framework announces its own error body, or we read one, for whatever may go wrong."""
    for operation in operations.values():
        problems = _BODY_PROBLEMS if "requestBody" in operation else {}
        if operation["responses"].pop("422", None) is not None:
            problems = _PROBLEMS | problems
        for status, text in problems.items():
            operation["responses"].setdefault(status, {"description": text, "content": _PROBLEM})


def _describe_quota(operations: dict[str, Any]) -> None:
    text = "The quota of the network or account is used up: come back after `Retry-After` seconds"
    for operation in operations.values():
        operation["responses"].setdefault("429", {"description": text, "content": _PROBLEM})


def complete(app: FastAPI) -> Callable[[], dict[str, Any]]:
    """An `app.openapi` that has the submission routes and the error body as well."""
    derive = app.openapi

    def document() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = derive()
            schema["paths"].update(DOCUMENTED)
            models = schema.setdefault("components", {}).setdefault("schemas", {})
            for model in (*DOCUMENTED_MODELS, Problem):
                models[model.__name__] = model.model_json_schema(ref_template="#/components/schemas/{model}")
            for path, operations in schema["paths"].items():
                if path not in DOCUMENTED:
                    _describe_problems(operations)
                if not is_unmetered(path):
                    _describe_quota(operations)
            for framework in ("HTTPValidationError", "ValidationError"):
                models.pop(framework, None)
            app.openapi_schema = schema
        return app.openapi_schema

    return document
