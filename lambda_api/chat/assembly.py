"""Whole answers, put together from streamed ones.

SageMaker ends an answer that is sent whole after 60 s, a streamed one after 8 minutes. So the
endpoint is always asked for a stream, and a client that asked for a whole answer gets its chunks as
one: docs/decisions/0089.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from time import monotonic
from typing import Any

from lambda_api.chat.stream import UpstreamStream
from lambda_api.engine.refusals import is_context_overflow
from lambda_api.errors import (
    ContextLengthError,
    EngineError,
    InvalidRequestError,
    ServiceError,
    StreamBrokenError,
    UpstreamTimeoutError,
)
from lambda_api.streaming.sse import payloads, reassembler_for

MOST_SILENT_SECONDS = 290.0
"""Longest that a whole answer may take. A regional API ends what was idle for 300 s, and this way
the error is ours:
docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode.html."""

_WHOLE_ONLY = frozenset({"best_of", "prompt_logprobs", "use_beam_search"})
"""Fields that vLLM refuses in a stream; they pass where config names them as the engine's."""

_STREAMS = ("event-stream", "jsonlines")
_AT_FAULT = {400, 413, 422}
_UNFINISHED = "the model stopped before its answer was complete"

JsonObject = dict[str, Any]


def is_whole_only(fields: Mapping[str, Any]) -> bool:
    """Return True for a request with fields that some engine refuses in a stream.

    llama.cpp refuses log probabilities there beside tools, which it takes in a whole answer.
    """
    return not _WHOLE_ONLY.isdisjoint(fields) or bool(fields.get("logprobs") and "tools" in fields)


def read_whole(source: UpstreamStream, longest_seconds: float) -> tuple[bytes, str]:
    """Return all bytes of an answer and their media type.

    Args:
        source: The engine's answer; closed at the end.
        longest_seconds: Longest time from the first bytes to the last.

    Raises:
        ServiceError: The answer broke off, or took too long.
    """
    parts, ends = [], None
    try:
        for part in source:
            parts.append(part)
            ends = ends or monotonic() + longest_seconds
            if monotonic() > ends:
                raise UpstreamTimeoutError(
                    f"the answer took more than {longest_seconds:.0f} s, a shorter one or "
                    "`stream: true` may help",
                    reason="whole answer",
                )
    finally:
        source.close()
    return b"".join(parts), source.content_type


def is_streamed(content_type: str) -> bool:
    """Return True if an engine answered with a stream, as it was asked to."""
    return any(kind in content_type for kind in _STREAMS)


def assembled(answer: bytes, content_type: str) -> JsonObject:
    """Return a streamed chat completion as the engine would have sent it whole.

    Raises:
        ServiceError: The engine failed on the way, or the stream ends too early.
    """
    try:
        return _assembled(answer, content_type)
    except (LookupError, TypeError, AttributeError):
        raise EngineError(
            "the model's answer could not be read", reason="no completion chunk"
        ) from None


def _assembled(answer: bytes, content_type: str) -> JsonObject:
    reassembler = reassembler_for(content_type)
    events = [*payloads(reassembler.feed(answer) + reassembler.flush())]
    is_done = b"[DONE]" in events
    chunks = _parsed(event for event in events if event != b"[DONE]")
    whole: JsonObject = {}
    choices: dict[int, JsonObject] = {}
    for chunk in chunks:
        if chunk.get("error"):
            raise _failure(chunk["error"])
        for choice in chunk.pop("choices", None) or ():
            _add_choice(choices.setdefault(choice.get("index", 0), {}), choice)
        whole.update((name, value) for name, value in chunk.items() if value is not None)
    unfinished = any(choice.get("finish_reason") is None for choice in choices.values())
    if not choices or (unfinished and not is_done):
        raise StreamBrokenError(_UNFINISHED)
    ended = [_ended(number, choices[number]) for number in sorted(choices)]
    return {**whole, "object": "chat.completion", "choices": ended}


def _parsed(events: Iterable[bytes]) -> list[JsonObject]:
    try:
        # One parse of all is several times as fast as one each.
        found = json.loads(b"[%b]" % b",".join(events))
    except ValueError:
        raise StreamBrokenError(_UNFINISHED, reason="a chunk is no JSON") from None
    return [chunk for chunk in found if isinstance(chunk, dict)]


def _failure(error: Any) -> ServiceError:  # noqa: ANN401  any JSON value
    told = error if isinstance(error, dict) else {"message": error}
    message = str(told.get("message") or _UNFINISHED)
    if told.get("code") in _AT_FAULT:
        kind = ContextLengthError if is_context_overflow(message) else InvalidRequestError
        return kind(message[:2000], reason="error event")
    return EngineError("the model failed while answering", reason="error event")


def _add_choice(whole: JsonObject, choice: Mapping[str, Any]) -> None:
    """Merge a chunk into a choice: texts are appended, other members take the newest value."""
    for name, value in choice.items():
        if name == "delta":
            _grow(whole.setdefault("message", {}), value or {})
        elif name == "logprobs":
            _grow(whole.setdefault("logprobs", {}), value or {})
        elif isinstance(value, list):
            whole.setdefault(name, []).extend(value)
        elif value is not None or name not in whole:
            whole[name] = value


_TOLD_ONCE = {"role", "id", "type", "index"}


def _grow(whole: JsonObject, delta: Mapping[str, Any]) -> None:
    """Add what a chunk brings: texts and lists grow, calls by their index."""
    for name, value in delta.items():
        known = whole.get(name)
        if value is None:
            whole.setdefault(name, None)
        elif name == "tool_calls":
            calls = whole[name] = known or {}
            for place, call in enumerate(value):
                _grow(calls.setdefault(call.get("index", place), {}), call)
        elif isinstance(value, dict):
            whole[name] = known or {}
            _grow(whole[name], value)
        elif isinstance(value, list):
            whole[name] = known or []
            whole[name].extend(value)
        elif isinstance(value, str) and known and name not in _TOLD_ONCE:
            whole[name] = known + value
        else:
            whole[name] = value


def _ended(number: int, choice: JsonObject) -> JsonObject:
    """Return a choice in the form that a whole answer has."""
    message = {"role": "assistant", "content": None, **choice.pop("message", {})}
    calls = message.pop("tool_calls", None)
    if calls:
        message["tool_calls"] = [_call(calls[place]) for place in sorted(calls)]
    elif message["content"] is None and not message.get("function_call"):
        message["content"] = ""
    choice["finish_reason"] = choice.get("finish_reason") or "stop"
    logprobs = choice.pop("logprobs", None) or None
    return {**choice, "index": number, "message": message, "logprobs": logprobs}


def _call(call: JsonObject) -> JsonObject:
    call.pop("index", None)
    return {"type": "function", **call}


def written(answer: JsonObject) -> bytes:
    """Return an answer as JSON; half a surrogate pair stays an escape, which no UTF-8 can hold."""
    text = json.dumps(answer, ensure_ascii=False, separators=(",", ":"))
    try:
        return text.encode()
    except UnicodeEncodeError:
        return json.dumps(answer, separators=(",", ":")).encode()
