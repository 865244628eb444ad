"""Words for requests whose path, or whose method, no route takes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

_LONGEST_PATH = 120

_ABSENT: tuple[tuple[str, str], ...] = (
    (
        r"\w+ /v1/embeddings",
        "the model served here writes text and makes no embeddings: point the client at one that "
        "does",
    ),
    (
        r"(GET|DELETE) /v1/chat/completions(/.*)?|POST /v1/chat/completions/.+",
        "chat completions are not stored, `store` included: keep them, or use background responses",
    ),
    (
        r"\w+ /v1/conversations(/.*)?",
        "conversations are not kept: send the messages, or `previous_response_id` to "
        "POST /v1/responses",
    ),
    (
        r"POST /v1/responses/input_tokens",
        "tokens are not counted ahead: the usage of an answer tells them",
    ),
    (r"POST /v1/responses/compact", "responses are not compacted: send a shorter conversation"),
    (
        r"\w+ /v1/(assistants|audio|chatkit|containers|evals|fine_tuning|images|moderations"
        r"|organization|realtime|skills|threads|uploads|videos)(/.*)?",
        "this part of OpenAI's API is not offered here",
    ),
)
"""Patterns of requests for parts of OpenAI's API that are not here, with the reason."""

_OF_A_SECTION = {
    ("/v1/batches",): "batches are there only on a stage whose config has a [batch] section",
    ("/v1/vector_stores",): "vector stores are there only on a stage whose config has a "
    "[retrieval] section",
    ("/v1/files",): "files are there only on a stage whose config has a [batch] or a [retrieval] "
    "section",
}
"""Beginnings of paths that some stages have, with the reason where this one has not."""

_SHAPES = [(re.compile(pattern), reason) for pattern, reason in _ABSENT]


def reason_of_absence(method: str, path: str) -> str | None:
    """Return the reason that a part of OpenAI's API is not here; None for what it lacks too."""
    request = f"{method} {path}"
    return next((reason for shape, reason in _SHAPES if shape.fullmatch(request)), None)


def no_such_route(method: str, path: str, routes: Iterable[Any]) -> str:
    """Return the message about a path that no route has, with the routes there are."""
    asked, there = f"no route {method} {path[:_LONGEST_PATH]}", _listed(routes)
    if reason := reason_of_absence(method, path) or _left_out(path, there):
        return f"{asked}: {reason}"
    base = "" if path.startswith("/v1/") else " (a client's base URL ends in /v1)"
    return f"{asked}{base}; there are {', '.join(there)}"


def _left_out(path: str, there: Iterable[str]) -> str | None:
    """Return the reason that a stage lacks a path; None if no section of the config is to blame."""
    for beginnings, reason in _OF_A_SECTION.items():
        if path.startswith(beginnings) and not any(
            b in known for b in beginnings for known in there
        ):
            return reason
    return None


def methods_of(path: str, routes: Iterable[Any]) -> list[str]:
    """Return the methods that a path takes, in alphabetical order."""
    taken = (route.methods for route in _flat(routes) if route.path_regex.match(path))
    return sorted(set().union(*taken))


def _listed(routes: Iterable[Any]) -> list[str]:
    """Return the routes that OpenAPI describes, as `GET /v1/models`, by path."""
    shown = sorted((route.path, *route.methods) for route in _flat(routes) if _is_shown(route))
    return [
        f"{method} {path.replace(':path', '')}" for path, *methods in shown for method in methods
    ]


def _is_shown(route: Any) -> bool:  # noqa: ANN401  Starlette's kinds of routes share no class
    return bool(route.include_in_schema)


def _flat(routes: Iterable[Any]) -> Iterator[Any]:
    """Yield routes with those of included routers, which FastAPI keeps apart."""
    for route in routes:
        included = getattr(route, "original_router", None)
        yield from _flat(included.routes) if included else [route]
