"""The API document: what the framework derives, and what it cannot (the submission routes)."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI

from oonib.app.errors import Problem
from oonib.collector.routes import DOCUMENTED, DOCUMENTED_MODELS


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
            app.openapi_schema = schema
        return app.openapi_schema

    return document
