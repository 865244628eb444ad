"""OpenAI's wire format of completions.

The fields are those of platform.openai.com/docs/api-reference/completions/create.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lambda_api.chat.schemas import (
    ChoiceCount,
    Penalty,
    StreamOptions,
    TokenLimit,
    TokenUsage,
    WholeNumber,
    WireModel,
)

DEFAULT_TOKENS = 16
"""OpenAI's default of `max_tokens`, which chat completions do not have."""


class CompletionRequest(WireModel):
    """A completion request. Fields not listed here are treated as those of a chat completion."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"model": "twin", "prompt": "A twin is", "max_tokens": 32}}
    )

    model: str = Field(description="The model's id, as `GET /v1/models` lists it.")
    prompt: str | Annotated[list[Any], Field(min_length=1)] = Field(
        description="A text, or a list with one; token ids are refused."
    )
    stream: bool | None = Field(None, description="Answer with server-sent events.")
    stream_options: StreamOptions | None = None
    max_tokens: TokenLimit = Field(None, description="16 if left out, as with OpenAI.")
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: ChoiceCount = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    stop: str | list[str] | None = None
    seed: WholeNumber | None = None
    best_of: ChoiceCount = Field(None, description="Only what `n` is.")
    echo: bool | None = Field(None, description="Only false.")
    logprobs: WholeNumber | None = Field(None, description="Only null.")
    suffix: str | None = Field(None, description="Only null.")


class TextChoice(BaseModel):
    """One of the `n` texts of a completion."""

    text: str
    index: int
    logprobs: None = None
    finish_reason: str | None


class Completion(BaseModel):
    """A whole answer."""

    id: str
    object: Literal["text_completion"] = "text_completion"
    created: int = Field(description="Unix seconds.")
    model: str
    choices: list[TextChoice]
    usage: TokenUsage | None = None
