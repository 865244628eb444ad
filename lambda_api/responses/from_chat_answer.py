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
from lambda_api.responses.schemas import (
    FunctionCall,
    IncompleteDetails,
    InputTokensDetails,
    Outcome,
    OutputItem,
    OutputMessage,
    OutputText,
    OutputTokensDetails,
    ResponseError,
    ResponseUsage,
)

_CUT_SHORT: dict[str | None, IncompleteDetails] = {
    "length": IncompleteDetails(reason="max_output_tokens"),
    "content_filter": IncompleteDetails(reason="content_filter"),
}
"""Details of an incomplete answer, by the engine's finish reason."""


def outcome_of(answer: bytes) -> Outcome:
    """Return the outcome in a chat completion's JSON.

    Raises:
        EngineError: The answer is no chat completion.
    """
    try:
        completion = parsed(answer)
        choice = completion["choices"][0]
        output = _output(choice["message"])
        usage = usage_of(completion.get("usage"))
    except (ValueError, LookupError, TypeError, AttributeError):
        raise EngineError(
            "the model's answer could not be read", reason="no chat completion"
        ) from None
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


def message(text: str, item_id: str | None = None) -> OutputMessage:
    """Return a whole message."""
    return OutputMessage(
        id=item_id or new_id("msg"), status="completed", content=[OutputText(text=text)]
    )


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


def _output(said: dict[str, Any]) -> list[OutputItem]:
    calls: list[OutputItem] = [
        FunctionCall(
            id=new_id("fc"),
            status="completed",
            call_id=call.get("id") or new_id("call"),
            name=call["function"]["name"],
            arguments=call["function"]["arguments"],
        )
        for call in said.get("tool_calls") or ()
    ]
    text = said.get("content")
    return [message(text or ""), *calls] if text or not calls else calls
