"""An asynchronous endpoint that takes requests, and ends them when it is told."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from lambda_api.errors import ServiceError
from lambda_api.responses.background import Accepted
from tests.support.service.memory_store import MemoryStore


@dataclass
class FakeQueue:
    store: MemoryStore
    refusal: ServiceError | None = None
    requests: dict[str, bytes | str] = field(default_factory=dict)

    def submit(self, inference_id: str, payload: bytes) -> Accepted:
        return self._accept(inference_id, payload)

    def submit_stored(self, inference_id: str, uri: str) -> Accepted:
        return self._accept(inference_id, uri)

    def _accept(self, inference_id: str, request: bytes | str) -> Accepted:
        if self.refusal:
            raise self.refusal
        self.requests[inference_id] = request
        return Accepted(self._uri("output", inference_id), self._uri("failures", inference_id))

    def _uri(self, kind: str, inference_id: str) -> str:
        return self.store.uri(f"async/{kind}/{inference_id}.out")

    def end(self, inference_id: str, answer: bytes) -> str:
        """Write an answer; give SageMaker's message."""
        self.store.put(f"async/output/{inference_id}.out", answer)
        return message(
            inference_id,
            "Completed",
            responseParameters={"outputLocation": self._uri("output", inference_id)},
        )

    def fail(
        self, inference_id: str, reason: str, said: bytes | None = None, status="Failed"
    ) -> str:
        """Fail a request; give SageMaker's message."""
        where = {}
        if said is not None:
            self.store.put(f"async/failures/{inference_id}.out", said)
            where = {"failureLocation": self._uri("failures", inference_id)}
        return message(inference_id, status, failureReason=reason, **where)


def message(inference_id, status, **fields) -> str:
    return json.dumps(
        {
            "awsRegion": "us-east-1",
            "eventTime": "2026-11-23T08:00:00.000Z",
            "receivedTime": "2026-11-23T08:00:00.000Z",
            "invocationStatus": status,
            "requestParameters": {"endpointName": "twin-local-async"},
            "inferenceId": inference_id,
            "eventVersion": "1.0",
            "eventSource": "aws:sagemaker",
            "eventName": "InferenceResult",
            **fields,
        }
    )


def answer(text: str = "Hello", finish_reason: str = "stop") -> bytes:
    """A chat completion."""
    said = {"role": "assistant", "content": text}
    return json.dumps(
        {
            "model": "x",
            "choices": [{"index": 0, "message": said, "finish_reason": finish_reason}],
            "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        }
    ).encode()
