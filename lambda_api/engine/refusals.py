"""Refusals of engines as the service's errors, read from status and words: none has codes."""

from __future__ import annotations

import re

from lambda_api.engine.json_fields import engine_message
from lambda_api.errors import (
    ContextLengthError,
    EngineError,
    InvalidRequestError,
    NotReadyError,
    RequestTooLargeError,
    ServiceError,
    ThrottledError,
)

_REFUSALS: dict[int, type[InvalidRequestError]] = {
    400: InvalidRequestError,
    413: RequestTooLargeError,
    422: InvalidRequestError,
}
"""Statuses with which an engine refuses a request at fault. A 401 or 404 would be ours to mend."""

_CONTEXT_OVERFLOW = re.compile(
    "|".join(
        (
            # llama.cpp
            r"exceeds the available context size",
            # vLLM, of several versions
            r"maximum context length",
            r"context length is only",
            r"maximum model length",
            # SGLang
            r"longer than the model's context length",
            r"exceeds the model's maximum",
            # TGI
            r"`inputs` tokens \+ `max_new_tokens` must be",
            r"`inputs` must have less than",
        )
    ),
    re.IGNORECASE,
)


def is_context_overflow(refusal: str) -> bool:
    """Return True if an engine refused because prompt and answer do not fit into the context."""
    return _CONTEXT_OVERFLOW.search(refusal) is not None


def refusal_of(status: int, message: str, reason: str) -> ServiceError:
    """Return the error of an engine that did not answer with a completion.

    Args:
        status: HTTP status of the engine.
        message: Body of its answer.
        reason: The cause, for the log.
    """
    if status in _REFUSALS and is_context_overflow(message):
        return ContextLengthError(engine_message(message), param="messages", reason=reason)
    if status in _REFUSALS:
        return _REFUSALS[status](engine_message(message), reason=reason)
    if status == 429:
        return ThrottledError("the model has too many requests, try again shortly", reason=reason)
    if status == 503:
        return NotReadyError("the model is not ready, try again shortly", reason=reason)
    return EngineError("the model failed to answer", reason=reason)
