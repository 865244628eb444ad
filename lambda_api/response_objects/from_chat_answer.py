"""Outcomes of responses, made from chat completions."""

from __future__ import annotations

import time
from collections.abc import Sequence
from secrets import token_hex
from typing import Any

from lambda_api.engine.json_fields import parsed
from lambda_api.errors import (
    EngineError,
    InvalidRequestError,
    ServiceError,
    ThrottledError,
)
from lambda_api.response_objects.schemas import (
    FunctionCall,
    IncompleteDetails,
    InputTokensDetails,
    Outcome,
    OutputItem,
    OutputMessage,
    OutputText,
    OutputTokensDetails,
    ReasoningItem,
    ReasoningText,
    ResponseError,
    ResponseUsage,
)
from lambda_api.response_requests.items import output_id

Logprobs = list[dict[str, Any]]
"""Tokens of a text with the logarithms of their probabilities."""

_CUT_SHORT: dict[str | None, IncompleteDetails] = {
    "length": IncompleteDetails(reason="max_output_tokens"),
    "content_filter": IncompleteDetails(reason="content_filter"),
}
"""Details of an incomplete answer, by the engine's finish reason."""


def outcome_of(answer: bytes) -> Outcome:
    """Return the outcome in a chat completion's JSON; `placed` gives the items their ids.

    Raises:
        EngineError: The answer is no chat completion.
    """
    try:
        completion = parsed(answer)
    except ValueError:
        raise _unreadable() from None
    return outcome_in(completion)


def outcome_in(completion: dict[str, Any]) -> Outcome:
    """Return the outcome in a chat completion; `placed` gives the items their ids.

    Raises:
        EngineError: The answer is no chat completion.
    """
    try:
        choice = completion["choices"][0]
        output = _output(choice)
        usage = usage_of(completion.get("usage"))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise _unreadable() from None
    return finished(output, choice.get("finish_reason"), usage)


def finished(
    output: Sequence[OutputItem], finish_reason: str | None, usage: ResponseUsage | None
) -> Outcome:
    """Return the outcome of an answer that ended, complete or cut short."""
    cut_short = _CUT_SHORT.get(finish_reason)
    if cut_short and output:
        output = [*output[:-1], output[-1].model_copy(update={"status": "incomplete"})]
    return Outcome(
        status="incomplete" if cut_short else "completed",
        completed_at=int(time.time()),
        incomplete_details=cut_short,
        output=list(output),
        usage=usage,
    )


def failed(error: ServiceError, output: Sequence[OutputItem] = ()) -> Outcome:
    """Return the outcome of an answer that failed, with the items so far."""
    code = "server_error"
    if isinstance(error, InvalidRequestError):
        code = "invalid_prompt"
    elif isinstance(error, ThrottledError):
        code = "rate_limit_exceeded"
    return Outcome(
        status="failed",
        completed_at=int(time.time()),
        error=ResponseError(code=code, message=error.message),
        output=list(output),
    )


def placed(outcome: Outcome, response_id: str) -> Outcome:
    """Return the outcome of a response, with ids of items that lead back to the response."""
    output = [
        item.model_copy(update={"id": output_id(item.type, response_id, place)})
        for place, item in enumerate(outcome.output)
    ]
    return outcome.model_copy(update={"output": output})


def new_id(kind: str) -> str:
    """Return an id that nobody can guess: 128 random bits, as `resp_...`."""
    return f"{kind}_{token_hex(16)}"


def usage_of(usage: Any) -> ResponseUsage | None:  # noqa: ANN401  any JSON value
    """Return a chat completion's usage in the form of responses; None if the engine told none."""
    if not usage:
        return None
    read = usage.get("prompt_tokens_details") or {}
    wrote = usage.get("completion_tokens_details") or {}
    return ResponseUsage(
        input_tokens=usage["prompt_tokens"],
        input_tokens_details=InputTokensDetails(cached_tokens=read.get("cached_tokens") or 0),
        output_tokens=usage["completion_tokens"],
        output_tokens_details=OutputTokensDetails(
            reasoning_tokens=wrote.get("reasoning_tokens") or 0
        ),
        total_tokens=usage["prompt_tokens"] + usage["completion_tokens"],
    )


def thoughts_in(said: dict[str, Any]) -> str | None:
    """Return what a model thought, from a message or delta.

    vLLM and SGLang say `reasoning_content`, newer vLLM `reasoning`, llama.cpp `reasoning_content`.
    """
    return said.get("reasoning_content") or said.get("reasoning")


def logprobs_in(choice: dict[str, Any]) -> Logprobs:
    """Return the log probabilities in a choice, with the fields that responses require."""
    told = (choice.get("logprobs") or {}).get("content") or ()
    return [
        _logprob(token) | {"top_logprobs": [_logprob(other) for other in _others(token)]}
        for token in told
    ]


def _logprob(token: dict[str, Any]) -> dict[str, Any]:
    bytes_ = token.get("bytes")
    written = list(token["token"].encode()) if bytes_ is None else bytes_
    return {"token": token["token"], "bytes": written, "logprob": token["logprob"]}


def _others(token: dict[str, Any]) -> Sequence[dict[str, Any]]:
    return token.get("top_logprobs") or ()


def _unreadable() -> EngineError:
    return EngineError("the model's answer could not be read", reason="no chat completion")


def _output(choice: dict[str, Any]) -> list[OutputItem]:
    said, output = choice["message"], list[OutputItem]()
    calls, text = said.get("tool_calls") or (), said.get("content")
    if thoughts := thoughts_in(said):
        content = [ReasoningText(text=thoughts)]
        output.append(ReasoningItem(id="", status="completed", content=content))
    if text or not calls:
        part = OutputText(text=text or "", logprobs=logprobs_in(choice))
        output.append(OutputMessage(id="", status="completed", content=[part]))
    return [*output, *map(_call, calls)]


def _call(call: dict[str, Any]) -> FunctionCall:
    return FunctionCall(
        id="",
        status="completed",
        call_id=call.get("id") or new_id("call"),
        name=call["function"]["name"],
        arguments=call["function"]["arguments"],
    )
