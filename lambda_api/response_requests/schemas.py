"""OpenAI's format of requests for responses: platform.openai.com/docs/api-reference/responses."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Discriminator, Field, Tag

from lambda_api.chat.schemas import Penalty, TokenLimit, WireModel
from lambda_api.storage.metadata import Metadata


class InputPart(WireModel):
    """A part of a message or of a function's output."""

    type: str = Field(description="input_text, output_text, refusal or input_image.")
    text: str | None = None
    refusal: str | None = None
    image_url: str | None = Field(None, description="A URL, or the image itself as a data URL.")
    detail: str | None = None


class Tool(WireModel):
    """A tool the model may use, a function; or `file_search`, which is run before the answer."""

    type: str = Field(description="function or file_search; others are left out.")
    name: str | None = None
    description: str | None = None
    parameters: dict[str, Any] | None = Field(None, description="A JSON schema.")
    strict: bool | None = None


class InputItem(WireModel):
    """An item of the conversation, or a reference to an item of a kept response."""

    type: str | None = Field(
        None,
        description=(
            "message, function_call, function_call_output, item_reference, reasoning or "
            "additional_tools."
        ),
    )
    id: str | None = None
    role: Literal["user", "assistant", "system", "developer"] | None = None
    content: str | list[InputPart] | None = None
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = Field(None, description="The call's arguments as JSON text.")
    output: str | list[InputPart] | None = None
    tools: list[Tool] | None = Field(None, description="Those of an additional_tools item.")

    @property
    def kind(self) -> str:
        """The type; OpenAI lets messages and references go without."""
        is_reference = self.id is not None and self.role is None
        return self.type or ("item_reference" if is_reference else "message")


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
    verbosity: Literal["low", "medium", "high"] | None = Field(
        None, description="Told back; no engine here knows it."
    )


class AllowedTool(WireModel):
    """One of the tools that a request allows."""

    type: str = "function"
    name: str | None = None


class ToolChoice(WireModel):
    """The tool that the model has to use, or the tools among which to choose."""

    type: str = Field(description="function or allowed_tools; other tools are not run here.")
    name: str | None = None
    mode: Literal["auto", "required"] | None = None
    tools: list[AllowedTool] | None = None


class Reasoning(WireModel):
    """Options of a model that thinks before the answer."""

    effort: Literal["none", "minimal", "low", "medium", "high", "xhigh", "max"] | None = None
    summary: Literal["auto", "concise", "detailed"] | None = Field(
        None, description="Told back; what a model thinks comes in full."
    )


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
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    top_logprobs: int | None = Field(None, ge=0, le=20)
    include: list[str] | None = Field(
        None,
        description=(
            "`message.output_text.logprobs` and `file_search_call.results` are known, others are "
            "ignored."
        ),
    )
    metadata: Metadata | None = None
    text: TextConfig | None = None
    reasoning: Reasoning | None = None
    tools: list[Tool] | None = None
    tool_choice: (
        Annotated[
            Annotated[Literal["none", "auto", "required"], Tag("mode")]
            | Annotated[ToolChoice, Tag("tool")],
            Discriminator(lambda given: "mode" if isinstance(given, str) else "tool"),
        ]
        | None
    ) = None
    parallel_tool_calls: bool | None = None
    max_tool_calls: int | None = Field(
        None,
        ge=1,
        description="Told back: limits the tools that OpenAI runs, none of which are here.",
    )
    truncation: Literal["auto", "disabled"] | None = Field(
        None, description="auto: drop the oldest turns of a conversation that is too long."
    )
    safety_identifier: str | None = Field(None, description="Told back.")
    prompt_cache_key: str | None = Field(
        None, description="Requests with the same key are sent where their prefix is cached."
    )
