"""Answers joined to requests, as lines of OpenAI's output and error files.

The format is that of platform.openai.com/docs/api-reference/batch/request-output.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from lambda_api.batches.schemas import BatchUsage, RequestCounts
from lambda_api.batches.shards import Shard, Shards

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
        batch_id: The batch's id.
        model_id: The name clients know the model by.
        unanswered: The error of a request without an answer.

    Attributes:
        counts: Requests that were answered or not; final when `output` has ended.
        usage: The usage of all answers; final when `output` has ended.
        errors: The error file's lines; complete when `output` has ended.
    """

    def __init__(
        self, shards: Shards, batch_id: str, model_id: str, unanswered: Unanswered
    ) -> None:
        self.counts = RequestCounts()
        self.usage = BatchUsage()
        self.errors: list[bytes] = []
        self._shards = shards
        self._batch_id = batch_id
        self._model_id = model_id
        self._unanswered = unanswered

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
            custom_id = json.loads(line)["id"]
            self.counts.total += 1
            answer = answers.get(custom_id)
            if isinstance(answer, dict) and "choices" in answer:
                self.counts.completed += 1
                yield self._completed(custom_id, answer)
            else:
                self.counts.failed += 1
                self.errors.append(self._failed(custom_id))

    def _completed(self, custom_id: str, answer: dict[str, Any]) -> bytes:
        self.usage = self.usage.plus(answer.get("usage") or {})
        response = {
            "status_code": 200,
            "request_id": f"req_{self._digest(custom_id)}",
            "body": {**answer, "model": self._model_id},
        }
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
        return sha256(f"{self._batch_id}/{custom_id}".encode()).hexdigest()[:32]


def _by_custom_id(answers: Iterable[bytes]) -> dict[str, Any]:
    found = {}
    for line in answers:
        try:
            joined = json.loads(line)
            found[joined["id"]] = joined.get(JOINED)
        except (ValueError, KeyError, AttributeError, TypeError):
            continue
    return found
