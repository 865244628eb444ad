"""The routes that a batch may be for, each a format in front of chat completions.

Every job is a chat completion. A request of another format is translated before the job as the
route does it, and the answer back when it is collected.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Generic, Literal, NamedTuple, TypeVar

import pydantic_core
from pydantic import BaseModel, StringConstraints

from lambda_api.batches.schemas import EndpointPath
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.completions.schemas import CompletionRequest
from lambda_api.completions.translation import chat_request as chat_of_completion
from lambda_api.completions.translation import text_completion
from lambda_api.errors import InvalidRequestError
from lambda_api.response_objects.begin import begun
from lambda_api.response_objects.from_chat_answer import outcome_in, placed
from lambda_api.response_objects.schemas import Response
from lambda_api.response_requests.messages import messages_of
from lambda_api.response_requests.param_names import in_response_terms
from lambda_api.response_requests.schemas import InputItem, ResponseRequest
from lambda_api.response_requests.to_chat import chat_request as chat_of_response
from lambda_api.retrieval.file_search import FILE_SEARCH

JsonObject = dict[str, Any]

ToPayload = Callable[[ChatCompletionRequest], bytes]
"""Returns the engine's JSON for a request, or refuses the request with a ServiceError."""

Body = TypeVar("Body", bound=BaseModel)


class InputLine(BaseModel, Generic[Body]):
    """A line of the input."""

    custom_id: Annotated[str, StringConstraints(min_length=1, max_length=64)]
    method: Literal["POST"]
    url: str
    body: Body


class Job(NamedTuple):
    """A request as the transform job reads one.

    Attributes:
        request: The engine's JSON.
        begun: The JSON of the answer's beginning, where the engine's answer is not all of it.
    """

    request: bytes
    begun: bytes | None = None

    def written(self, custom_id: str) -> bytes:
        """Return the line of the job's input; of its keys, the engine sees `request` alone."""
        begun = b',"begun":%b' % self.begun if self.begun else b""
        key = pydantic_core.to_json(custom_id)
        return b'{"id":%b,"request":%b%b}\n' % (key, self.request, begun)


@dataclass(frozen=True)
class Answered:
    """A request with the engine's answer.

    Attributes:
        chat: The engine's chat completion, with the model's name as clients know it.
        job: The line that the job had.
        digits: 32 hex digits of the request, the same whenever its answer is written.
    """

    chat: JsonObject
    job: Mapping[str, Any]
    digits: str


@dataclass(frozen=True)
class Endpoint(Generic[Body]):
    """A format of requests and answers.

    Attributes:
        line: The model of a line.
        prepare: Returns the job of a line's body; raises a ServiceError for what no batch can do.
        answer: Returns the body of the answer; raises an EngineError for what is no answer.
    """

    line: type[InputLine[Body]]
    prepare: Callable[[Body, ToPayload], Job]
    answer: Callable[[Answered], JsonObject]


def _chat_job(body: ChatCompletionRequest, to_payload: ToPayload) -> Job:
    _refuse_stream(body.stream)
    tools = (body.model_extra or {}).get("tools") or ()
    _refuse_search(tool.get("type") for tool in tools if isinstance(tool, dict))
    return Job(to_payload(body))


def _completion_job(body: CompletionRequest, to_payload: ToPayload) -> Job:
    _refuse_stream(body.stream)
    return Job(to_payload(chat_of_completion(body)))


def _response_job(body: ResponseRequest, to_payload: ToPayload) -> Job:
    _refuse_stream(body.stream)
    if body.background:
        raise _refused("background", "a batch's requests are all in the background, got True")
    if body.previous_response_id is not None:
        raise _refused("previous_response_id", "a batch reads no kept responses, send the items")
    if body.store:
        raise _refused("store", "a batch's answers are kept in its output file only, got True")
    if body.truncation == "auto":
        raise _refused("truncation", "nobody is there to cut what is too long, got 'auto'")
    _refuse_search(tool.type for tool in body.tools or ())
    chat = chat_of_response(body, messages_of(body.input, _nowhere))
    with in_response_terms():
        return Job(to_payload(chat), begun(body, is_kept=False).model_dump_json().encode())


def _response(answered: Answered) -> JsonObject:
    outcome = placed(outcome_in(answered.chat), f"resp_{answered.digits}")
    # The engine's time: the files of a batch must be the same whenever they are written.
    ended = dict(outcome) | {"id": f"resp_{answered.digits}"}
    ended["completed_at"] = answered.chat.get("created")
    response = Response.model_validate(answered.job["begun"]).model_copy(update=ended)
    return response.model_dump(mode="json")


def _nowhere(_item_id: str, param: str) -> InputItem:
    raise _refused(param, "a batch reads no kept responses to refer to, send the item itself")


def _refuse_stream(stream: bool | None) -> None:
    if stream:
        raise _refused("stream", "a batch's answers are whole, got True")


def _refuse_search(tools: Iterable[object]) -> None:
    for number, kind in enumerate(tools):
        if kind == FILE_SEARCH:
            raise _refused(f"tools[{number}].type", "a batch searches no documents before it runs")


def _refused(param: str, why: str) -> InvalidRequestError:
    return InvalidRequestError(f"{param}: {why}", param=param)


ENDPOINTS: dict[EndpointPath, Endpoint[Any]] = {
    "/v1/chat/completions": Endpoint(
        InputLine[ChatCompletionRequest], _chat_job, lambda answered: answered.chat
    ),
    "/v1/completions": Endpoint(
        InputLine[CompletionRequest],
        _completion_job,
        lambda answered: text_completion(answered.chat),
    ),
    "/v1/responses": Endpoint(InputLine[ResponseRequest], _response_job, _response),
}
"""The formats by route."""
