"""Fields of an engine's JSON, read and replaced mostly without parsing the whole answer.

The patterns are safe on any text: quotes inside a JSON string are escaped, so nothing a model
wrote can look like a field.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

_MODEL = re.compile(rb'"model": ?"(?:[^"\\]|\\.)*"')
_USAGE = re.compile(rb'"usage": ?(?=\{)')
_NO_CHOICES = re.compile(rb'"choices": ?\[\]')
_FINISHES = (b'"finish_reason":"', b'"finish_reason": "')
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_LONGEST_MESSAGE = 2000
_DECODER = json.JSONDecoder()


@dataclass(frozen=True)
class Usage:
    """The tokens of a completion."""

    prompt_tokens: int
    completion_tokens: int


def model_field(model_id: str) -> bytes:
    """Return the field that names a model."""
    return b'"model":' + json.dumps(model_id).encode()


def model_field_in(answer: bytes) -> bytes:
    """Return the field of an answer that names the model, or nothing."""
    found = _MODEL.search(answer)
    return found[0] if found else b""


def usage_in(answer: bytes) -> Usage | None:
    """Return the last usage in an answer; None without a readable one."""
    start = max((found.end() for found in _USAGE.finditer(answer)), default=None)
    if start is None:
        return None
    try:
        usage, _ = _DECODER.raw_decode(answer[start:].decode())
    except ValueError:
        return None
    return usage_of(usage)


def usage_of(usage: Any) -> Usage | None:  # noqa: ANN401  any JSON value
    """Return a usage that was parsed; None if it is not readable."""
    try:
        return Usage(usage["prompt_tokens"], usage["completion_tokens"])
    except (TypeError, KeyError):
        return None


def has_usage(answer: bytes) -> bool:
    """Return True if an answer holds a usage."""
    return _USAGE.search(answer) is not None


def is_only_usage(chunk: bytes) -> bool:
    """Return True for the chunk that `include_usage` adds, which has no choices."""
    return has_usage(chunk) and _NO_CHOICES.search(chunk) is not None


def finishes_in(answer: bytes) -> int:
    """Return the number of choices that end in an answer."""
    return sum(map(answer.count, _FINISHES))


def parsed(answer: bytes) -> Any:  # noqa: ANN401  any JSON value
    """Parse an answer. Half a surrogate pair, which no UTF-8 can hold, becomes a question mark.

    Raises:
        ValueError: The answer is no JSON.
    """
    found = json.loads(answer)
    if _SURROGATE.search(answer):
        found = json.loads(json.dumps(found, ensure_ascii=False).encode(errors="replace"))
    return found


def engine_message(raw: str) -> str:
    """Return the sentence inside an engine's error body.

    vLLM, SGLang and llama.cpp nest it in `error.message`, older vLLM has `message`, TGI and LMI
    have `error` as text.
    """
    try:
        found = json.loads(raw)
    except ValueError:
        return raw[:_LONGEST_MESSAGE] or "the model refused the request"
    for key in ("error", "message", "detail"):
        found = found.get(key, found) if isinstance(found, dict) else found
    return str(found)[:_LONGEST_MESSAGE]
