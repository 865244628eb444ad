"""Background responses, answered by the asynchronous endpoint."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol

from lambda_api.errors import ServiceError
from lambda_api.quotas.quota import UNLIMITED, Quota
from lambda_api.responses.names import inference_id, input_key
from lambda_api.responses.store import KeptResponse, ResponseStore

MAX_INLINE_BYTES = 128_000
"""Largest body that InvokeEndpointAsync takes; more goes through S3:
docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpointAsync.html.
"""

_GRACE_SECONDS = 300
"""Longest delay of SageMaker's notification of an end."""

_READS_AT_ONCE = 16
_SAGEMAKER_IS_DONE = frozenset({"completed", "incomplete", "failed"})
"""The statuses of requests that have left SageMaker's queue. A cancelled or deleted one is in there
still: who cancels and asks again in turns would fill the queue, past every limit."""


@dataclass(frozen=True)
class Accepted:
    """A request in the queue, with the URIs of the answer or failure to come."""

    output_uri: str
    failure_uri: str | None


class Queue(Protocol):
    """The port to the asynchronous endpoint. Methods block, and raise a ServiceError."""

    def submit(self, inference_id: str, payload: bytes) -> Accepted:
        """Queue a request of at most `MAX_INLINE_BYTES`."""

    def submit_stored(self, inference_id: str, uri: str) -> Accepted:
        """Queue a request that lies in S3."""


@dataclass(frozen=True)
class Background:
    """The way into the background.

    Attributes:
        connect: Returns the queue; called for each request, so cached.
        most_seconds: Longest time in the queue and at work, after which SageMaker gives up.
        watch: Begins to watch a request, by its inference id, so that its end is told of; None
            where nobody is told.
        quota: The quota of responses in flight; the completion function gives back.
    """

    connect: Callable[[], Queue]
    most_seconds: int
    watch: Callable[[str], None] | None = None
    quota: Quota = UNLIMITED

    def submit(
        self, store: ResponseStore, owner: str, kept: KeptResponse, payload: bytes
    ) -> KeptResponse:
        """Queue a response's request, then store the response.

        In this order one write is enough, and a failure in between leaves nothing behind that a
        client knows of. The watch comes first, while nothing is paid for yet.

        Raises:
            ServiceError: The endpoint, the storage or the watch's queue failed.
        """
        deadline = kept.response.created_at + self.most_seconds + _GRACE_SECONDS
        with self.quota.taken(owner, kept.response.id, deadline):
            if self.watch is not None:
                self.watch(inference_id(owner, kept.response.id))
            accepted = self._queue(store, owner, kept.response.id, payload)
            queued = kept.model_copy(
                update={
                    "output_key": store.key(accepted.output_uri),
                    "failure_key": store.key(accepted.failure_uri),
                    "deadline": deadline,
                }
            )
            store.keep(owner, queued)
        return queued

    def _queue(
        self, store: ResponseStore, owner: str, response_id: str, payload: bytes
    ) -> Accepted:
        name, queue = inference_id(owner, response_id), self.connect()
        if len(payload) <= MAX_INLINE_BYTES:
            return queue.submit(name, payload)
        key = input_key(owner, response_id)
        store.objects.put(key, payload)
        return queue.submit_stored(name, store.objects.uri(key))


def ended_responses(store: ResponseStore, owner: str, response_ids: Sequence[str]) -> list[str]:
    """Return those of an owner's background responses that SageMaker is done with."""

    def has_ended(response_id: str) -> bool:
        try:
            return store.find(owner, response_id).response.status in _SAGEMAKER_IS_DONE
        except ServiceError:  # deleted, or a state that cannot be read
            return False

    with ThreadPoolExecutor(_READS_AT_ONCE) as reads:
        ended = list(reads.map(has_ended, response_ids))
    return [found for found, is_over in zip(response_ids, ended, strict=True) if is_over]
