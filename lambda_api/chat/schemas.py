"""OpenAI's wire format, as far as the service reads it.

The fields are those of platform.openai.com/docs/api-reference/chat/create. Others are kept here,
and pass to the engine where `admission` lets them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticSerializationError

from lambda_api.chat.roles import Role, known_role, one_instruction
from lambda_api.errors import InvalidRequestError


class WireModel(BaseModel):
    """A model that keeps unknown fields, and takes no string for a number."""

    model_config = ConfigDict(extra="allow", strict=True)

    def written(self, **how: Any) -> bytes:  # noqa: ANN401  what `model_dump_json` takes
        """Return the model as JSON.

        Raises:
            InvalidRequestError: An unknown field holds what JSON cannot.
        """
        with _in_words():
            return self.model_dump_json(**how).encode()

    def plain(self) -> dict[str, Any]:
        """Return the fields that were given, as plain JSON values.

        Raises:
            InvalidRequestError: An unknown field is nested too deep.
        """
        with _in_words():
            return self.model_dump(exclude_unset=True)


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (PydanticSerializationError, ValueError, RecursionError):
        raise InvalidRequestError("the body is not text or is nested too deep") from None


class ContentPart(WireModel):
    """A part of a multimodal message; the content is the engine's business."""

    type: str = Field(description="text, image_url, input_audio, ...")


class Message(WireModel):
    """A message of the conversation."""

    role: Annotated[Role, AfterValidator(known_role)]
    content: str | list[ContentPart] | None = Field(None, description="Text, or a list of parts.")


class StreamOptions(WireModel):
    """Options of a streamed answer."""

    include_usage: bool | None = Field(None, description="Send the usage in a last chunk.")


def _whole(value: object) -> object:
    """Return a whole number for one written with a fraction of zero, as 8.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


WholeNumber = Annotated[int, BeforeValidator(_whole)]
"""An integer; JavaScript and JSON know no difference between 8 and 8.0."""

Penalty = Annotated[float | None, Field(ge=-2, le=2)]
TokenLimit = Annotated[int, Field(ge=1), BeforeValidator(_whole)] | None
ChoiceCount = Annotated[int, Field(ge=1, le=128), BeforeValidator(_whole)] | None


class ChatCompletionRequest(WireModel):
    """A chat completion request. `admission` says which other fields reach the engine."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "model": "twin",
                "messages": [{"role": "user", "content": "What is a twin?"}],
                "stream": True,
            }
        }
    )

    model: str = Field(description="The model's id, as `GET /v1/models` lists it.")
    messages: Annotated[list[Message], Field(min_length=1)]
    stream: bool | None = Field(None, description="Answer with server-sent events.")
    stream_options: StreamOptions | None = None
    max_tokens: TokenLimit = None
    max_completion_tokens: TokenLimit = None
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    n: ChoiceCount = None
    presence_penalty: Penalty = None
    frequency_penalty: Penalty = None
    stop: str | list[str] | None = None
    seed: WholeNumber | None = None
    prompt_cache_key: str | None = Field(
        None, description="Requests with the same key are sent where their prefix is cached."
    )

    def unstreamed(self) -> Self:
        """Return the same request for a whole answer."""
        fields = self.model_dump(exclude_unset=True, exclude={"stream", "stream_options"})
        return self.model_validate(fields)

    def payload(self, selected: Mapping[str, Any] | None = None) -> bytes:
        """Return the JSON for the engine: the client's, but for four things.

        `model` is left out: every engine serves one model and takes its absence to mean that one,
        while a name it was not started with is an error (vLLM). An adapter is `selected` by fields
        of the engine's. A stream's usage is always asked
        for, because the metrics count it; `ChatStream` keeps it from a client that did not ask.
        `prompt_cache_key` is for the routing in front of the engines, which do not know it.
        Instructions at the beginning are one message, as many templates take no second.
        """
        fields: dict[str, Any] = {"messages": one_instruction(self.messages), **(selected or {})}
        if self.stream:
            options = self.stream_options or StreamOptions()
            fields["stream_options"] = options.model_copy(update={"include_usage": True})
        ours = {"model", "prompt_cache_key"} - fields.keys()
        return self.model_copy(update=fields).written(exclude_unset=True, exclude=ours)


class TokenUsage(BaseModel):
    """The tokens of a completion."""

    prompt_tokens: int
    completion_tokens: int
    total_tokens: int


class Choice(BaseModel):
    """One of the `n` answers of a completion."""

    index: int
    message: Message
    finish_reason: str


class ChatCompletion(BaseModel):
    """A whole answer. The engine may add fields."""

    id: str
    object: Literal["chat.completion"]
    created: int = Field(description="Unix seconds.")
    model: str
    choices: list[Choice]
    usage: TokenUsage | None = None
