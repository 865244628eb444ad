"""Answers joined to requests, as lines of OpenAI's output and error files.

The format is that of platform.openai.com/docs/api-reference/batch/request-output.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lambda_api.batches.lines.endpoints import ENDPOINTS, Answered
from lambda_api.batches.schemas import Batch, BatchUsage, RequestCounts
from lambda_api.batches.shards import Shard, Shards
from lambda_api.engine.served_models import ServedModels
from lambda_api.errors import EngineError

JOINED = "SageMakerOutput"
"""The key of the answer in a line of a transform job that joins input and answer:
docs.aws.amazon.com/sagemaker/latest/dg/batch-transform-data-processing.html."""


@dataclass(frozen=True)
class Unanswered:
    """The error of requests without an answer."""

    code: str
    message: str


class Join:
    """A join of a batch's requests with their answers, made once: one line for each request.

    Args:
        shards: The batch's files.
        batch: The batch.
        unanswered: The error of a request without an answer.
        models: The models that requests may name.

    Attributes:
        counts: Requests that were answered or not; final when `output` has ended.
        usage: The usage of all answers; final when `output` has ended.
        errors: The error file's lines; complete when `output` has ended.
    """

    def __init__(
        self, shards: Shards, batch: Batch, unanswered: Unanswered, models: ServedModels
    ) -> None:
        self.counts = RequestCounts()
        self.usage = BatchUsage()
        self.errors: list[bytes] = []
        self._shards = shards
        self._batch = batch
        self._endpoint = ENDPOINTS[batch.endpoint]
        self._unanswered = unanswered
        self._models = models

    def output(self) -> Iterator[bytes]:
        """Yield the output file's lines, in the order of the requests."""
        came_back, came_back_later = self._shards.answered(1), self._shards.answered(2)
        for shard in self._shards.of(1):
            if shard in came_back:
                answers = self._shards.answers(1, shard)
            else:
                found = [single for single in shard.singles() if single in came_back_later]
                answers = self._shards.answers_of_all(2, found)
            yield from self._joined(shard, _by_custom_id(answers))

    def _joined(self, shard: Shard, answers: dict[str, Any]) -> Iterator[bytes]:
        for line in self._shards.lines(1, shard):
            job = json.loads(line)
            custom_id = job["id"]
            self.counts.total += 1
            body = self._body(job, answers.get(custom_id))
            if body is None:
                self.counts.failed += 1
                self.errors.append(self._failed(custom_id))
            else:
                self.counts.completed += 1
                yield self._completed(custom_id, body)

    def _body(self, job: dict[str, Any], answer: Any) -> dict[str, Any] | None:  # noqa: ANN401
        """Return the body of a request's answer; None if what the job wrote is no answer."""
        if not isinstance(answer, dict) or "choices" not in answer:
            return None
        model = self._models.adapter_in(job["request"]) or self._batch.model
        chat = {**answer, "model": model}
        try:
            body = self._endpoint.answer(Answered(chat, job, self._digest(job["id"])))
        except EngineError:
            return None
        self.usage = self.usage.plus(answer.get("usage") or {})
        return body

    def _completed(self, custom_id: str, body: dict[str, Any]) -> bytes:
        request_id = f"req_{self._digest(custom_id)}"
        response = {"status_code": 200, "request_id": request_id, "body": body}
        return self._line(custom_id, response, None)

    def _failed(self, custom_id: str) -> bytes:
        error = {"code": self._unanswered.code, "message": self._unanswered.message}
        return self._line(custom_id, None, error)

    def _line(
        self, custom_id: str, response: dict[str, Any] | None, error: dict[str, str] | None
    ) -> bytes:
        line = {
            "id": f"batch_req_{self._digest(custom_id)}",
            "custom_id": custom_id,
            "response": response,
            "error": error,
        }
        text = json.dumps(line, ensure_ascii=False, separators=(",", ":"))
        # Half an emoji, escaped, is JSON; it has no bytes.
        return text.encode(errors="replace") + b"\n"

    def _digest(self, custom_id: str) -> str:
        # Not random: joining once more must give the same files.
        return sha256(f"{self._batch.id}/{custom_id}".encode()).hexdigest()[:32]


def _by_custom_id(answers: Iterable[bytes]) -> dict[str, Any]:
    found = {}
    for line in answers:
        try:
            joined = json.loads(line)
            found[joined["id"]] = joined.get(JOINED)
        except (ValueError, KeyError, AttributeError, TypeError):
            continue
    return found
