"""The OpenAPI document: what FastAPI derives, and what only this stage knows.

FastAPI describes a request by its fields. A caller, or a tool that makes requests from the document
(schemathesis), also needs to know the models, the ways to be known, and that a part has content.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

Json = dict[str, Any]

_SCHEMES: Json = {
    "key": {
        "type": "http",
        "scheme": "bearer",
        "description": 'An API key, on a stage with `[api] auth = "key"`.',
    },
    "sigv4": {
        "type": "apiKey",
        "in": "header",
        "name": "Authorization",
        "description": 'AWS Signature Version 4, on a stage with `[api] auth = "iam"`.',
    },
}
_OPEN_PATHS = ("/health",)
_REQUESTS = ("ChatCompletionRequest", "CompletionRequest", "ResponseRequest")
_TEXT: Json = {"type": "string"}
_ONE_TEXT: Json = {"type": "array", "items": _TEXT, "minItems": 1, "maxItems": 1}


def _object(**properties: Json) -> Json:
    return {"type": "object", "required": [*properties], "properties": properties}


_PARTS: dict[str, Json] = {
    "text": _object(type={"const": "text"}, text=_TEXT),
    "image": _object(type={"const": "image_url"}, image_url=_object(url=_TEXT)),
    "audio": _object(type={"const": "input_audio"}, input_audio=_object(data=_TEXT, format=_TEXT)),
    "video": _object(type={"const": "video_url"}, video_url=_object(url=_TEXT)),
}
"""Schemas of content parts, by the kind of what these hold."""


def describing(app: FastAPI, models: list[str], modalities: Collection[str]) -> Callable[[], Json]:
    """Return the function that makes an app's document, once.

    Args:
        app: The app.
        models: The models that requests may name.
        modalities: Kinds of content that the model takes.
    """

    def document() -> Json:
        if not app.openapi_schema:
            made = get_openapi(
                title=app.title, version=app.version, summary=app.summary, routes=app.routes
            )
            _add_security(made)
            _tighten(made["components"]["schemas"], models, modalities)
            app.openapi_schema = made
        return app.openapi_schema

    return document


def _add_security(document: Json) -> None:
    document["components"]["securitySchemes"] = _SCHEMES
    document["security"] = [{name: []} for name in _SCHEMES]
    for path in _OPEN_PATHS:
        for operation in document["paths"].get(path, {}).values():
            operation["security"] = []


def _tighten(schemas: Json, models: list[str], modalities: Collection[str]) -> None:
    """Say of requests what the checks behind the schema ask for."""
    for name in _REQUESTS:
        if name in schemas:
            schemas[name]["properties"]["model"]["enum"] = models
            schemas[name]["additionalProperties"] = False
    if "CompletionRequest" in schemas:
        properties = schemas["CompletionRequest"]["properties"]
        properties["prompt"] = {"anyOf": [_TEXT, _ONE_TEXT]}
        properties |= {name: {"type": "null"} for name in ("best_of", "logprobs", "suffix")}
        properties["echo"] = {"enum": [False, None]}
    if "Message" in schemas:
        schemas["Message"]["required"] = ["role", "content"]
        schemas["Message"]["properties"]["content"] = {
            "anyOf": [
                _TEXT,
                {"type": "array", "items": {"$ref": "#/components/schemas/ContentPart"}},
            ]
        }
        schemas["ContentPart"] = {"oneOf": [_PARTS[kind] for kind in modalities]}
