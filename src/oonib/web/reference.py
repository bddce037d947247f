"""The OpenAPI document in the shape in which the documentation shows it. Pure: document in, values out."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from oonib.web.curl import command

Json = Mapping[str, Any]
_METHODS = ("get", "post", "put", "patch", "delete")
_REFERENCE = "#/components/schemas/"
_OTHER = "other"


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a type: text, and the schema it leads to where it is one."""

    text: str
    schema: str = ""


Type = list[Part]


@dataclass(frozen=True, slots=True)
class Field:
    """A parameter or a property. `place` is where a parameter goes."""

    name: str
    type: Type
    required: bool
    default: str
    description: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What may come back: the status, what it means, the type of the body for each media type."""

    status: str
    description: str
    types: list[tuple[str, Type]]


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one path."""

    anchor: str
    method: str
    path: str
    summary: str
    description: str
    fields: list[Field]
    body: list[tuple[str, Type]]
    answers: list[Answer]
    curl: str


@dataclass(frozen=True, slots=True)
class Schema:
    """A named type."""

    name: str
    description: str
    fields: list[Field]


@dataclass(frozen=True, slots=True)
class Document:
    """The whole documentation: operations by tag, in the order of the document, and the named types."""

    title: str
    groups: dict[str, list[Operation]]
    schemas: list[Schema]


def read_document(openapi: Json, base_url: str) -> Document:
    """The document as it is shown. `base_url` goes into the examples."""
    groups: dict[str, list[Operation]] = {}
    for path, methods in sorted(openapi.get("paths", {}).items()):
        for method in _METHODS:
            if method in methods:
                tag = (methods[method].get("tags") or [_OTHER])[0]
                groups.setdefault(tag, []).append(_operation(method, path, methods[method], base_url))
    schemas = openapi.get("components", {}).get("schemas", {})
    return Document(
        openapi["info"]["title"],
        groups,
        [_schema(name, schema) for name, schema in sorted(schemas.items())],
    )


def _operation(method: str, path: str, operation: Json, base_url: str) -> Operation:
    parameters = operation.get("parameters", [])
    content = operation.get("requestBody", {}).get("content", {})
    return Operation(
        anchor=re.sub(r"[^a-z0-9]+", "-", f"{method} {path}".lower()).strip("-"),
        method=method.upper(),
        path=path,
        summary=operation.get("summary", ""),
        description=operation.get("description", ""),
        fields=[_parameter(parameter) for parameter in parameters],
        body=_contents(content),
        answers=[
            _answer(status, answer) for status, answer in sorted(operation.get("responses", {}).items())
        ],
        curl=command(base_url, method, path, parameters, with_body=bool(content)),
    )


def _parameter(parameter: Json) -> Field:
    schema = parameter.get("schema", {})
    return Field(
        name=parameter["name"],
        type=_type(schema),
        required=bool(parameter.get("required")),
        default=_default(schema),
        description=parameter.get("description", ""),
        place=parameter["in"],
    )


def _answer(status: str, answer: Json) -> Answer:
    return Answer(status, answer.get("description", ""), _contents(answer.get("content", {})))


def _contents(content: Json) -> list[tuple[str, Type]]:
    return [(media_type, _type(of.get("schema", {}))) for media_type, of in content.items()]


def _schema(name: str, schema: Json) -> Schema:
    required = schema.get("required", [])
    fields = [
        Field(key, _type(value), key in required, _default(value), value.get("description", ""))
        for key, value in schema.get("properties", {}).items()
    ]
    return Schema(name, schema.get("description", ""), fields)


def _default(schema: Json) -> str:
    default = schema.get("default")
    return "" if default is None else str(default)


def _type(schema: Json) -> Type:
    return list(_parts(schema)) or [Part("anything")]


def _parts(schema: Json) -> Iterator[Part]:
    if "$ref" in schema:
        name = schema["$ref"].removeprefix(_REFERENCE)
        yield Part(name, name)
    elif choices := [choice for choice in schema.get("anyOf", []) if choice.get("type") != "null"]:
        yield from _joined(choices)
    elif "enum" in schema:
        yield Part(" or ".join(f'"{value}"' for value in schema["enum"]))
    elif "const" in schema:
        yield Part(f'"{schema["const"]}"')
    elif schema.get("type") == "array":
        yield Part("list of ")
        yield from _type(schema.get("items", {}))
    elif "type" in schema:
        yield Part(" ".join((schema["type"], *filter(None, (_format(schema),)))))


def _joined(choices: list[Json]) -> Iterator[Part]:
    for number, choice in enumerate(choices):
        if number:
            yield Part(" or ")
        yield from _type(choice)


def _format(schema: Json) -> str:
    bounds = [str(schema[key]) for key in ("minimum", "maximum") if key in schema]
    return f"{bounds[0]} to {bounds[1]}" if len(bounds) == 2 else str(schema.get("format", ""))
