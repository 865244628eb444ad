"""OpenAI's Responses format for text: platform.openai.com/docs/api-reference/responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Discriminator, Field, Tag

from lambda_api.chat.schemas import TokenLimit, WireModel

Status = Literal["queued", "in_progress", "completed", "failed", "cancelled", "incomplete"]

UNFINISHED: frozenset[Status] = frozenset({"queued", "in_progress"})
"""The statuses that are not final."""


class InputPart(WireModel):
    """A part of a message or of a function's output."""

    type: str = Field(description="input_text or output_text; others are refused.")
    text: str | None = None


class InputItem(WireModel):
    """An item of the conversation: a message, a function call, or a function's output."""

    type: str = Field("message", description="message, function_call or function_call_output.")
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[InputPart] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = Field(None, description="The call's arguments as JSON text.")
    output: str | list[InputPart] | None = None


class TextFormat(WireModel):
    """The format that the text must have."""

    type: Literal["text", "json_object", "json_schema"]
    name: str | None = None
    schema_: dict[str, Any] | None = Field(None, alias="schema")
    description: str | None = None
    strict: bool | None = None


class TextConfig(WireModel):
    """Options of the text."""

    format: TextFormat | None = None


class Tool(WireModel):
    """A function the model may call."""

    type: str = Field(description="function; others are refused.")
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = Field(None, description="A JSON schema.")
    strict: bool | None = None


class NamedTool(WireModel):
    """The function the model has to call."""

    type: Literal["function"]
    name: str


Metadata = Annotated[
    dict[
        Annotated[str, Field(max_length=64)],
        Annotated[str, Field(max_length=512)],
    ],
    Field(max_length=16),
]


class ResponseRequest(WireModel):
    """A request for a response. Fields not listed here reach the engine as they are."""

    model_config = ConfigDict(
        json_schema_extra={"example": {"model": "twin", "input": "What is a twin?"}}
    )

    model: str = Field(description="The model's id, as `GET /v1/models` lists it.")
    input: Annotated[
        Annotated[str, Tag("text")] | Annotated[list[InputItem], Field(min_length=1), Tag("items")],
        # Without it an error would name the branch that was not meant.
        Discriminator(lambda given: "text" if isinstance(given, str) else "items"),
    ]
    instructions: str | None = Field(None, description="Becomes the first system message.")
    previous_response_id: str | None = Field(
        None, description="Continue that response's conversation; its instructions are left out."
    )
    background: bool | None = Field(
        None, description="Answer at once with status `queued`; fetch the response later."
    )
    stream: bool | None = Field(None, description="Answer with server-sent events.")
    store: bool | None = Field(
        None, description="Keep the response for later. Default: true where storage is configured."
    )
    max_output_tokens: TokenLimit = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    metadata: Metadata | None = None
    text: TextConfig | None = None
    tools: list[Tool] | None = None
    tool_choice: Literal["none", "auto", "required"] | NamedTool | None = None
    parallel_tool_calls: bool | None = None
    prompt_cache_key: str | None = Field(
        None, description="Requests with the same key are sent where their prefix is cached."
    )


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


OutputItem = Annotated[OutputMessage | FunctionCall, Field(discriminator="type")]


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
    temperature: float | None
    top_p: float | None
    metadata: dict[str, str]
    text: dict[str, Any]
    tools: list[dict[str, Any]]
    tool_choice: str | dict[str, Any]
    parallel_tool_calls: bool
    truncation: Literal["disabled"] = "disabled"


class DeletedResponse(BaseModel):
    """A receipt for a deleted response."""

    id: str
    object: Literal["response"] = "response"
    deleted: Literal[True] = True
