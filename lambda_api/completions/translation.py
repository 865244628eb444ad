"""Completion requests as chat completion requests, and the answers back."""

from __future__ import annotations

import json
from typing import Any

from pydantic import ValidationError

from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.completions.schemas import DEFAULT_TOKENS, CompletionRequest
from lambda_api.errors import EngineError, InvalidRequestError
from lambda_api.http.validation_errors import field_error_of

JsonObject = dict[str, Any]

_OWN = {"best_of", "echo", "logprobs", "prompt", "suffix"}
_CHATS_OWN = ("function_call", "functions", "messages", "tool_choice", "tools")
_CHAT_ID, _TEXT_ID = "chatcmpl-", "cmpl-"


def chat_request(request: CompletionRequest) -> ChatCompletionRequest:
    """Return the chat completion request that answers a completion request.

    Raises:
        InvalidRequestError: The request asks for what only a raw continuation has.
    """
    _refuse_unsupported(request)
    body = request.model_dump(exclude_unset=True, exclude=_OWN)
    body["messages"] = [{"role": "user", "content": _prompt(request)}]
    if request.max_tokens is None:
        body["max_tokens"] = DEFAULT_TOKENS
    try:
        return ChatCompletionRequest.model_validate(body)
    except ValidationError as error:  # a field that only chat completions have is wrong
        wrong = field_error_of(error.errors(), body)
        raise InvalidRequestError(wrong.message, param=wrong.param) from None


def completion(chat: bytes) -> bytes:
    """Return a whole chat completion as a completion.

    Raises:
        EngineError: The answer is no chat completion.
    """
    try:
        answer = json.loads(chat)
    except ValueError:
        raise _unreadable() from None
    return json.dumps(text_completion(answer)).encode()


def text_completion(answer: JsonObject) -> JsonObject:
    """Return a chat completion that was read as a completion.

    Raises:
        EngineError: The answer is no chat completion.
    """
    try:
        choices = [_choice(c, c["message"].get("content")) for c in answer["choices"]]
    except (LookupError, TypeError, AttributeError):
        raise _unreadable() from None
    return _named(answer, choices)


def completion_chunk(chunk: JsonObject) -> JsonObject | None:
    """Return a chunk of a chat completion as one of a completion; None if it says nothing of it."""
    choices = [
        _choice(choice, delta.get("content"))
        for choice in chunk.get("choices") or ()
        if (delta := choice.get("delta") or {}).get("content") or choice.get("finish_reason")
    ]
    return _named(chunk, choices) if choices or chunk.get("usage") else None


def _choice(choice: JsonObject, text: str | None) -> JsonObject:
    return {
        "text": text or "",
        "index": choice.get("index", 0),
        "logprobs": None,
        "finish_reason": choice.get("finish_reason"),
    }


def _named(answer: JsonObject, choices: list[JsonObject]) -> JsonObject:
    identity = str(answer.get("id", "")).removeprefix(_CHAT_ID)
    named = {"id": _TEXT_ID + identity, "object": "text_completion", "choices": choices}
    return {**answer, **named}


def _unreadable() -> EngineError:
    return EngineError("the model's answer could not be read", reason="no chat completion")


def _prompt(request: CompletionRequest) -> str:
    prompt = request.prompt
    if isinstance(prompt, str):
        return prompt
    if not all(isinstance(part, str) for part in prompt):
        raise _refused("prompt", "token ids are not supported, send the text")
    if len(prompt) > 1:
        raise _refused("prompt", f"got {len(prompt)} prompts, one a request is allowed")
    return str(prompt[0])


def _refuse_unsupported(request: CompletionRequest) -> None:
    if request.echo:
        raise _refused("echo", "is not supported, the answer never holds the prompt")
    if request.logprobs is not None:
        raise _refused("logprobs", "is not supported here, chat completions have it")
    if request.suffix:
        raise _refused("suffix", "is not supported, the model continues a text and fills no gap")
    if request.best_of not in {None, request.n or 1}:
        raise _refused("best_of", f"got {request.best_of}, must be what n is ({request.n or 1})")
    for name in _CHATS_OWN:
        if (request.model_extra or {}).get(name) is not None:
            raise _refused(name, "is a field of chat completions: POST /v1/chat/completions")


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)
