"""OpenAI's format of responses: platform.openai.com/docs/api-reference/responses/object."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Status = Literal["queued", "in_progress", "completed", "failed", "cancelled", "incomplete"]

UNFINISHED: frozenset[Status] = frozenset({"queued", "in_progress"})
"""The statuses that are not final."""


class OutputText(BaseModel):
    """Text the model wrote."""

    type: Literal["output_text"] = "output_text"
    text: str
    annotations: list[dict[str, Any]] = []
    logprobs: list[dict[str, Any]] = []


class OutputMessage(BaseModel):
    """A message the model wrote."""

    type: Literal["message"] = "message"
    id: str
    status: Literal["in_progress", "completed", "incomplete"]
    role: Literal["assistant"] = "assistant"
    content: list[OutputText]


class FunctionCall(BaseModel):
    """A call of a function the model asks for."""

    type: Literal["function_call"] = "function_call"
    id: str
    status: Literal["in_progress", "completed", "incomplete"]
    call_id: str
    name: str
    arguments: str


class ReasoningText(BaseModel):
    """Text that the model thought."""

    type: Literal["reasoning_text"] = "reasoning_text"
    text: str


class ReasoningItem(BaseModel):
    """The thoughts of a model before the answer."""

    type: Literal["reasoning"] = "reasoning"
    id: str
    status: Literal["in_progress", "completed", "incomplete"]
    summary: list[dict[str, Any]] = []
    content: list[ReasoningText]


class FileSearchCall(BaseModel):
    """A search of vector stores, which was made before the model answered."""

    type: Literal["file_search_call"] = "file_search_call"
    id: str
    status: Literal["in_progress", "searching", "completed", "incomplete", "failed"]
    queries: list[str]
    results: list[dict[str, Any]] | None = None


OutputItem = Annotated[
    OutputMessage | FunctionCall | ReasoningItem | FileSearchCall, Field(discriminator="type")
]


class InputTokensDetails(BaseModel):
    """Details of input tokens: those that the engine did not have to compute again."""

    cached_tokens: int = 0
    cache_write_tokens: int = 0


class OutputTokensDetails(BaseModel):
    """Details of output tokens: those that nobody sees."""

    reasoning_tokens: int = 0


class ResponseUsage(BaseModel):
    """The tokens of a response."""

    input_tokens: int
    input_tokens_details: InputTokensDetails = InputTokensDetails()
    output_tokens: int
    output_tokens_details: OutputTokensDetails = OutputTokensDetails()
    total_tokens: int


class ResponseError(BaseModel):
    """The error of a response that failed."""

    code: Literal["server_error", "rate_limit_exceeded", "invalid_prompt"]
    message: str


class IncompleteDetails(BaseModel):
    """The reason for which a response ends early."""

    reason: Literal["max_output_tokens", "content_filter"]


class Outcome(BaseModel):
    """The state of a response and its output so far; a final status never changes."""

    status: Status
    completed_at: int | None = Field(None, description="When it ended, in Unix seconds.")
    error: ResponseError | None = None
    incomplete_details: IncompleteDetails | None = None
    output: list[OutputItem] = []
    usage: ResponseUsage | None = None


class Response(Outcome):
    """A response as the client sees it."""

    id: str
    object: Literal["response"] = "response"
    created_at: int = Field(description="Unix seconds.")
    model: str
    background: bool
    store: bool = Field(description="Whether the response was kept.")
    instructions: str | None
    previous_response_id: str | None
    max_output_tokens: int | None
    max_tool_calls: int | None = None
    temperature: float | None = 1.0
    top_p: float | None = 1.0
    presence_penalty: float = 0.0
    frequency_penalty: float = 0.0
    top_logprobs: int = 0
    reasoning: dict[str, str | None] = {"effort": None, "summary": None}
    metadata: dict[str, str]
    text: dict[str, Any]
    tools: list[dict[str, Any]]
    tool_choice: str | dict[str, Any]
    parallel_tool_calls: bool
    truncation: Literal["auto", "disabled"] = "disabled"
    service_tier: Literal["default"] = Field("default", description="There is one tier only.")
    safety_identifier: str | None = None
    prompt_cache_key: str | None = None


class DeletedResponse(BaseModel):
    """A receipt for a deleted response."""

    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True
