"""Reasons for which engines refuse a request, read from their words: none has codes for them."""

from __future__ import annotations

import re

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
