"""The chat service: requests become payloads, an engine's words become OpenAI's answers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol, Self

from lambda_api.admission.request import OPENAI_ONLY, Admission
from lambda_api.chat.assembly import (
    MOST_SILENT_SECONDS,
    assembled,
    is_streamed,
    is_whole_only,
    read_whole,
    written,
)
from lambda_api.chat.prefix_routing import prefix_id
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.stream import ChatStream, UpstreamStream
from lambda_api.chat.tool_choice import with_allowed_tools
from lambda_api.engine.json_fields import (
    Usage,
    model_field,
    model_field_in,
    usage_in,
    usage_of,
)
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import RequestTooLargeError

MAX_PAYLOAD_BYTES = 6_291_456
"""Largest body that InvokeEndpoint takes: docs.aws.amazon.com/sagemaker/latest/APIReference/
API_runtime_InvokeEndpoint.html.
"""


class Upstream(Protocol):
    """The port to an endpoint that makes completions. Methods block, and raise a ServiceError.

    Both take a JSON payload, and the prefix id of the conversation where routing asks for one.
    """

    def complete(self, payload: bytes, prefix: str | None = None) -> bytes:
        """Return the whole answer."""

    def open_stream(self, payload: bytes, prefix: str | None = None) -> UpstreamStream:
        """Start an answer; return when the endpoint has accepted the request."""


@dataclass(frozen=True)
class Completion:
    """A whole answer: OpenAI's JSON, and the usage if the engine told any."""

    body: bytes
    usage: Usage | None


@dataclass(frozen=True)
class ChatService:
    """Chat completions of a model and its adapters.

    Attributes:
        models: The models that requests may name.
        connect: Returns the upstream; called for each request, so cached.
        is_prefix_aware: True if the endpoint routes by the prefix of a conversation.
        admission: The rules by which requests reach the engine.
        longest_seconds: Longest that a whole answer may take, from its first bytes on.
    """

    models: ServedModels
    connect: Callable[[], Upstream]
    is_prefix_aware: bool = False
    admission: Admission = OPENAI_ONLY
    longest_seconds: float = MOST_SILENT_SECONDS

    def complete(
        self,
        request: ChatCompletionRequest,
        opened: Callable[[Callable[[], None]], None] | None = None,
    ) -> Completion:
        """Return the whole answer.

        Args:
            request: The request.
            opened: Called with what stops the answer, from any thread, once it can be stopped.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        if is_whole_only(request.model_extra or {}):
            payload = self.payload_of(request)
            answer = self.connect().complete(payload, self.prefix_of(request))
            return _renamed(answer, request.model)
        streamed = request.model_copy(update={"stream": True})
        payload = self.payload_of(streamed)
        source = self.connect().open_stream(payload, self.prefix_of(request))
        if opened:
            opened(source.close)
        answer, content_type = read_whole(source, self.longest_seconds)
        if is_streamed(content_type):
            told = {**assembled(answer, content_type), "model": request.model}
            return Completion(written(told), usage_of(told.get("usage")))
        return _renamed(answer, request.model)

    def stream(self, request: ChatCompletionRequest) -> ChatStream:
        """Start an answer. Failures up to the endpoint's acceptance are raised here.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        payload, options = self.payload_of(request), request.stream_options
        return ChatStream(
            self.connect().open_stream(payload, self.prefix_of(request)),
            model_id=request.model,
            choices=request.n or 1,
            shows_usage=bool(options and options.include_usage),
        )

    def with_upstream(self, upstream: Upstream | None) -> Self:
        """Return the same service over another upstream, or itself without any."""
        return replace(self, connect=lambda: upstream) if upstream else self

    def payload_of(self, request: ChatCompletionRequest) -> bytes:
        """Return the JSON that the engine gets for a request.

        Raises:
            InvalidRequestError: The request is not one that this service sends on.
        """
        return payload_of(request, self.models, self.admission)

    def prefix_of(self, request: ChatCompletionRequest) -> str | None:
        """Return the prefix id of a request's conversation, where the endpoint routes by prefix."""
        return prefix_id(request) if self.is_prefix_aware else None


def _renamed(answer: bytes, model_id: str) -> Completion:
    """Return an answer that came whole, with the name clients know."""
    theirs = model_field_in(answer)
    if theirs:
        answer = answer.replace(theirs, model_field(model_id), 1)
    return Completion(answer, usage_in(answer))


def payload_of(
    request: ChatCompletionRequest, models: ServedModels, admission: Admission = OPENAI_ONLY
) -> bytes:
    """Return the JSON that the engine gets for a request to one of the models served.

    Raises:
        InvalidRequestError: The request is for another model, is no JSON, is too large, or has what
            may not reach the engine or the model does not take.
    """
    selected = models.selecting(request.model)
    admission.check(request.plain())
    payload = with_allowed_tools(request).payload(selected)
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise RequestTooLargeError(
            f"the body has {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed"
        )
    return payload
