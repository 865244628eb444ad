"""The store of responses, below the folders of their owners.

Below `responses/<owner>/<id>/` lie `request.json`, the response as it was made, and `result.json`,
the outcome of one that ended later. The first to write `result.json` decides how a response ended.
docs/decisions/0026 says why.
"""

from __future__ import annotations

import time
from typing import Any

from pydantic import BaseModel

from lambda_api.errors import (
    EngineError,
    InvalidRequestError,
    NotFoundError,
    UnreadableObjectError,
)
from lambda_api.response_objects.file_search import searched
from lambda_api.response_objects.from_chat_answer import failed, outcome_of, placed
from lambda_api.response_objects.schemas import UNFINISHED, FileSearchCall, Outcome, Response
from lambda_api.responses.async_notification import error_behind
from lambda_api.responses.names import (
    announced_key,
    input_key,
    is_response_id,
    request_key,
    result_key,
)
from lambda_api.retrieval.citations import CitedFile
from lambda_api.storage.object_store import ChangedError, ObjectStore
from lambda_api.storage.stored_state import state_in


class KeptSearch(BaseModel):
    """The search before a queued response, which its end is told with.

    Attributes:
        call: The item.
        files: The files of the blocks that the model reads.
    """

    call: FileSearchCall
    files: list[CitedFile]


class KeptResponse(BaseModel):
    """A stored response, with the state that later turns and lookups need.

    Attributes:
        response: The response as the client sees it.
        messages: The conversation so far as chat messages, without instructions and output.
        prompt_cache_key: The key that sends all turns of the conversation to the same cache.
        output_key: The key of SageMaker's answer; None if the response was not queued.
        failure_key: The key of SageMaker's error.
        deadline: The time by which SageMaker has surely given up, in Unix seconds.
        search: The search before a response that was queued, if there was one.
    """

    response: Response
    messages: list[dict[str, Any]]
    prompt_cache_key: str | None = None
    output_key: str | None = None
    failure_key: str | None = None
    deadline: int = 0
    search: KeptSearch | None = None


class Settled(BaseModel):
    """The end of a response; without an outcome, a deletion, so that late answers are dropped."""

    outcome: Outcome | None


class ResponseStore:
    """The responses in a bucket. Every method may raise a StorageError.

    Attributes:
        objects: The bucket.
    """

    def __init__(self, objects: ObjectStore) -> None:
        self.objects = objects

    def key(self, uri: str | None) -> str | None:
        """Return the key of an object in the bucket, from its URI."""
        return uri.removeprefix(self.objects.uri("")) if uri else None

    def keep(self, owner: str, kept: KeptResponse) -> None:
        """Store a response."""
        body = kept.model_dump_json().encode()
        self.objects.put(request_key(owner, kept.response.id), body)

    def find(self, owner: str, response_id: str) -> KeptResponse:
        """Return an owner's response in its present state.

        Raises:
            NotFoundError: There is no such response, or another owner's.
            UnreadableObjectError: The response's state is damaged.
        """
        kept = self._read(owner, response_id)
        if kept and kept.response.status in UNFINISHED:
            kept = self._as_it_is_now(owner, kept)
        if kept is None:
            raise _missing(response_id)
        return kept

    def settled(self, owner: str, response_id: str) -> Settled | None:
        """Return the end of a background response, once decided."""
        found = self.objects.get(result_key(owner, response_id))
        return state_in(found.body, Settled, response_id) if found else None

    def settle(self, owner: str, response_id: str, outcome: Outcome) -> Settled:
        """End a background response; return the end that came first, which holds."""
        ours = Settled(outcome=placed(outcome, response_id))
        key = result_key(owner, response_id)
        while True:  # until the other one's write can be read
            try:
                self.objects.create(key, ours.model_dump_json().encode())
            except ChangedError:
                if found := self.settled(owner, response_id):
                    return found
            else:
                return ours

    def is_announced(self, owner: str, response_id: str) -> bool:
        """Return True if the webhook was told of a response's end."""
        return self.objects.info(announced_key(owner, response_id)) is not None

    def note_announced(self, owner: str, response_id: str) -> None:
        """Remember that the webhook was told."""
        self.objects.put(announced_key(owner, response_id), b"{}")

    def cancel(self, owner: str, response_id: str) -> Response:
        """Cancel a background response; one that has ended stays as it is.

        SageMaker cannot be told: what is queued runs when its turn comes, and its answer is
        dropped. Only an input that lies in S3 is gone before it is read.

        Raises:
            NotFoundError: There is no such response, or another owner's.
            InvalidRequestError: The response is no background response.
        """
        response = self.find(owner, response_id).response
        if not response.background:
            raise InvalidRequestError(
                "only responses made with `background: true` can be cancelled"
            )
        if response.status not in UNFINISHED:
            return response
        self.settle(owner, response_id, Outcome(status="cancelled", completed_at=int(time.time())))
        self.objects.delete(input_key(owner, response_id))
        return self.find(owner, response_id).response

    def delete(self, owner: str, response_id: str) -> None:
        """Delete a response, damaged or not; a late outcome of a background response is dropped.

        Raises:
            NotFoundError: There is no such response, or another owner's.
        """
        written: tuple[str | None, ...] = ()
        is_background = True
        try:
            if (kept := self._read(owner, response_id)) is None:
                raise _missing(response_id)
            written, is_background = (kept.output_key, kept.failure_key), kept.response.background
        except UnreadableObjectError:  # SageMaker's objects go with their message, or with time
            pass
        if is_background:
            gone = Settled(outcome=None).model_dump_json().encode()
            self.objects.put(result_key(owner, response_id), gone)
        announced = announced_key(owner, response_id)
        for key in (input_key(owner, response_id), announced, *written):
            if key:
                self.objects.delete(key)
        # Last: while it is there, a deletion that broke off can be tried again.
        self.objects.delete(request_key(owner, response_id))

    def _read(self, owner: str, response_id: str) -> KeptResponse | None:
        if not is_response_id(response_id):
            return None
        found = self.objects.get(request_key(owner, response_id))
        return state_in(found.body, KeptResponse, response_id) if found else None

    def _as_it_is_now(self, owner: str, kept: KeptResponse) -> KeptResponse | None:
        settled = self.settled(owner, kept.response.id)
        if not settled:
            if not (unreported := self._unreported(kept)):
                return kept
            settled = self.settle(owner, kept.response.id, unreported)
        if settled.outcome is None:
            return None
        outcome = settled.outcome
        if kept.search is not None:
            whole = searched(outcome, kept.search.call, kept.search.files)
            outcome = placed(whole, kept.response.id)
        response = kept.response.model_copy(update=dict(outcome))
        return kept.model_copy(update={"response": response})

    def _unreported(self, kept: KeptResponse) -> Outcome | None:
        """Return the outcome of a response without a reported end; None while running."""
        if answer := self._object(kept.output_key):
            return answered(answer)
        if failure := self._object(kept.failure_key):
            return failed(error_behind(failure))
        if time.time() > kept.deadline:
            return failed(EngineError("the model did not come to this request in time"))
        return None

    def _object(self, key: str | None) -> bytes | None:
        found = self.objects.get(key) if key else None
        return found.body if found else None


def _missing(response_id: str) -> NotFoundError:
    return NotFoundError(f"there is no response {response_id[:64]!r}")


def answered(answer: bytes) -> Outcome:
    """Return the outcome of a whole answer, which failed if unreadable."""
    try:
        return outcome_of(answer)
    except EngineError as error:
        return failed(error)
