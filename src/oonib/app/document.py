"""The API document: what the framework derives, and what it cannot (the submission routes)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from oonib.app.errors import Problem
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


def _describe_problems(operations: dict[str, Any]) -> None:
    """Where the framework announces its own error body, there are ours, for whatever may go wrong."""
    for operation in operations.values():
        if operation["responses"].pop("422", None) is not None:
            for status, text in _PROBLEMS.items():
                operation["responses"].setdefault(status, {"description": text, "content": _PROBLEM})


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
            for framework in ("HTTPValidationError", "ValidationError"):
                models.pop(framework, None)
            app.openapi_schema = schema
        return app.openapi_schema

    return document
