"""Chat completions: a request becomes a payload, an engine's words become OpenAI's answer."""

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from time import perf_counter
from typing import Protocol

from pydantic_core import PydanticSerializationError

from lambda_api.errors import (
    InvalidRequestError,
    RequestTooLargeError,
    ServiceError,
    StreamBrokenError,
    UnknownModelError,
    body_of,
    status_of,
)
from lambda_api.schemas import ChatCompletionRequest
from lambda_api.sse import DONE, reassembler_for

MAX_PAYLOAD_BYTES = 6_291_456
"""What InvokeEndpoint takes: docs.aws.amazon.com/sagemaker/latest/APIReference/
API_runtime_InvokeEndpoint.html.
"""

_MODEL = re.compile(rb'"model": ?"(?:[^"\\]|\\.)*"')
_FINISHES = (b'"finish_reason":"', b'"finish_reason": "')
_DONE_ENDINGS = (b"[DONE]\n\n", b"[DONE]\r\n\r\n")
_JSON = json.JSONDecoder()


class UpstreamStream(Protocol):
    """An answer that is being made. Iterating blocks; it ends, or raises a ServiceError."""

    content_type: str

    def __iter__(self) -> Iterator[bytes]:
        """Give the answer's bytes as they come, cut anywhere."""

    def close(self) -> None:
        """Stop reading. Safe from any thread, more than once, and while another one reads."""


class Upstream(Protocol):
    """What makes completions. Both methods block, and raise a ServiceError."""

    def complete(self, payload: bytes) -> bytes:
        """Give the whole answer to a JSON payload."""

    def open_stream(self, payload: bytes) -> UpstreamStream:
        """Start an answer; return when the endpoint has accepted the request."""


@dataclass(frozen=True)
class Usage:
    """What a completion cost, in tokens."""

    prompt_tokens: int
    completion_tokens: int


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
        answer = self.connect().complete(self._payload(request))
        found = _MODEL.search(answer)
        if found:
            answer = answer.replace(found[0], _model_field(self.model_id), 1)
        return Completion(answer, _usage_in(answer))

    def stream(self, request: ChatCompletionRequest) -> "ChatStream":
        """Start an answer. Failures up to the endpoint's acceptance are raised here.

        Raises:
            ServiceError: The request was refused, or the upstream failed.
        """
        options = request.stream_options
        return ChatStream(
            self.connect().open_stream(self._payload(request)),
            model_id=self.model_id,
            choices=request.n or 1,
            shows_usage=bool(options and options.include_usage),
        )

    def _payload(self, request: ChatCompletionRequest) -> bytes:
        if request.model != self.model_id:
            raise UnknownModelError(request.model, self.model_id)
        try:
            payload = request.payload()
        except (PydanticSerializationError, ValueError, RecursionError):
            raise InvalidRequestError("the body is not text or is nested too deep") from None
        if len(payload) > MAX_PAYLOAD_BYTES:
            raise RequestTooLargeError(
                f"the body has {len(payload)} bytes, at most {MAX_PAYLOAD_BYTES} are allowed"
            )
        return payload


class ChatStream:
    """A streamed answer: iterate it once for blocks of whole events, ending in `[DONE]`.

    A failure while it runs becomes one error event, after which it ends without `[DONE]`.
    Bytes pass through; only what must be changed or counted is looked at.
    """

    def __init__(
        self, source: UpstreamStream, *, model_id: str, choices: int, shows_usage: bool
    ) -> None:
        self.usage: Usage | None = None
        """Known once the engine told; None if it never does."""
        self.error: ServiceError | None = None
        """What broke the answer off."""
        self.was_abandoned = False
        """Whether `close` came before the end."""
        self.first_event_at: float | None = None
        """`time.perf_counter()` at the first event."""
        self._source = source
        self._ours = _model_field(model_id)
        self._theirs = b""
        self._shows_usage = shows_usage
        self._unfinished = choices
        self._is_done = False
        self._has_ended = False

    def close(self) -> None:
        """Stop the upstream read, if it still runs; safe from any thread."""
        if not self._has_ended:
            self.was_abandoned = True
        self._source.close()

    def __iter__(self) -> Iterator[bytes]:
        """Give blocks of whole events."""
        try:
            yield from self._events()
        except ServiceError as error:
            if not self._is_done and not self.was_abandoned:
                self.error = error
                yield _error_event(error)
        finally:
            self._has_ended = True
            self._source.close()

    def _events(self) -> Iterator[bytes]:
        reassembler = reassembler_for(self._source.content_type)
        for part in self._source:
            block = reassembler.feed(part)
            if block and not self._is_done and (passed := self._pass_on(block)):
                yield passed
        if not self._is_done:
            rest = reassembler.flush()
            yield (self._pass_on(rest) if rest else b"") + self._ending()

    def _ending(self) -> bytes:
        """What to add to a stream whose engine has said no more."""
        if self._is_done:
            return b""
        if self._unfinished > 0:
            raise StreamBrokenError("the model stopped before its answer was complete")
        return DONE

    def _pass_on(self, block: bytes) -> bytes:
        if self.first_event_at is None:
            self._learn(block)
        if block.endswith(_DONE_ENDINGS):
            self._is_done = True
            block = block[: block.rindex(b"data:")] + DONE
        for finish in _FINISHES:
            self._unfinished -= block.count(finish)
        if b'"usage":' in block:
            block = self._count_usage(block)
        return block.replace(self._theirs, self._ours) if self._theirs else block

    def _learn(self, block: bytes) -> None:
        self.first_event_at = perf_counter()
        found = _MODEL.search(block)
        if found and found[0] != self._ours:
            self._theirs = found[0]

    def _count_usage(self, block: bytes) -> bytes:
        self.usage = _usage_in(block) or self.usage
        if self._shows_usage:
            return block
        events = block.split(b"\n\n")
        return b"\n\n".join(event for event in events if not _is_usage_only(event))


def _is_usage_only(event: bytes) -> bool:
    """Whether an event is the extra chunk `include_usage` adds: no choices, only usage."""
    return (b'"choices":[]' in event or b'"choices": []' in event) and b'"usage":' in event


def _model_field(model_id: str) -> bytes:
    return b'"model":' + json.dumps(model_id).encode()


def _usage_in(answer: bytes) -> Usage | None:
    # Quotes inside a JSON string are escaped, so no text the model wrote can look like this.
    start = answer.rfind(b'"usage":')
    if start < 0:
        return None
    try:
        usage, _ = _JSON.raw_decode(answer[start + len(b'"usage":') :].decode().lstrip())
        return Usage(usage["prompt_tokens"], usage["completion_tokens"])
    except (ValueError, KeyError, TypeError):
        return None


def _error_event(error: ServiceError) -> bytes:
    body = body_of(error.message, status_of(error), param=error.param, code=error.code)
    return b"data: %b\n\n" % json.dumps(body).encode()
