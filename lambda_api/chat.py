"""Chat completions: a request becomes a payload, an engine's words become OpenAI's answer."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from lambda_api.chat_stream import ChatStream, UpstreamStream
from lambda_api.engine_json import Usage, model_field, model_field_in, usage_in
from lambda_api.errors import RequestTooLargeError, UnknownModelError
from lambda_api.schemas import ChatCompletionRequest

MAX_PAYLOAD_BYTES = 6_291_456
"""What InvokeEndpoint takes: docs.aws.amazon.com/sagemaker/latest/APIReference/
API_runtime_InvokeEndpoint.html.
"""


class Upstream(Protocol):
    """What makes completions. Both methods block, and raise a ServiceError."""

    def complete(self, payload: bytes) -> bytes:
        """Give the whole answer to a JSON payload."""

    def open_stream(self, payload: bytes) -> UpstreamStream:
        """Start an answer; return when the endpoint has accepted the request."""


@dataclass(frozen=True)
class Completion:
    """A whole answer: OpenAI's JSON, and its usage if the engine told."""

    body: bytes
    usage: Usage | None


@dataclass(frozen=True)
class ChatService:
    """Serves one model.

    Args:
        model_id: The name clients know the model by.
        connect: Gives the upstream; called for each request, so it should remember.
    """

    model_id: str
    connect: Callable[[], Upstream]

    def complete(self, request: ChatCompletionRequest) -> Completion:
        """Give the whole answer.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        answer = self.connect().complete(payload_of(request, self.model_id))
        theirs = model_field_in(answer)
        if theirs:
            answer = answer.replace(theirs, model_field(self.model_id), 1)
        return Completion(answer, usage_in(answer))

    def stream(self, request: ChatCompletionRequest) -> ChatStream:
        """Start an answer. Failures up to the endpoint's acceptance are raised here.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        options = request.stream_options
        return ChatStream(
            self.connect().open_stream(payload_of(request, self.model_id)),
            model_id=self.model_id,
            choices=request.n or 1,
            shows_usage=bool(options and options.include_usage),
        )


def payload_of(request: ChatCompletionRequest, model_id: str) -> bytes:
    """The JSON the engine gets for a request to the one model served.

    Raises:
        InvalidRequestError: It is for another model, cannot be written as JSON, or is too large.
    """
    if request.model != model_id:
        raise UnknownModelError(request.model, model_id)
    payload = request.payload()
    if len(payload) > MAX_PAYLOAD_BYTES:
        raise RequestTooLargeError(
            f"the body has {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed"
        )
    return payload
