"""Work that a stage accepts: background responses and batches, and the account of both."""

from __future__ import annotations

import json
import time
from collections import Counter
from collections.abc import Callable, Iterable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import openai

from tests.support.webhook_receiver import WebhookReceiver

OPEN = {"validating", "in_progress", "finalizing", "cancelling"}
ROUTES: dict[str, Callable[[str], dict[str, Any]]] = {
    "/v1/chat/completions": lambda text: {
        "messages": [{"role": "user", "content": text}],
        "max_tokens": 24,
    },
    "/v1/completions": lambda text: {"prompt": text, "max_tokens": 24},
    "/v1/responses": lambda text: {"input": text, "max_output_tokens": 24},
}
"""Bodies of a batch's requests; batches take them in turns."""
_POLL_SECONDS = 2


@dataclass
class Work:
    """Work given to a stage, each piece under an `Idempotency-Key`, and all that came of it.

    Attributes:
        client: The official client, which tries again for minutes.
        model: The model served.
        receiver: The receiver of the webhook.
        lines: Requests in a batch.
        accepted: The background responses that have an id.
        batches: The batches that have an id.
        refused: Errors of requests that were not accepted, by kind.
    """

    client: openai.OpenAI
    model: str
    receiver: WebhookReceiver
    lines: int
    accepted: list[str] = field(default_factory=list)
    batches: dict[str, Any] = field(default_factory=dict)
    refused: Counter[str] = field(default_factory=Counter)
    statuses: Counter[str] = field(default_factory=Counter)
    lines_told: Counter[int] = field(default_factory=Counter)
    failed_lines: Counter[str] = field(default_factory=Counter)

    def give(self, pool: Executor, responses: int, batches: int) -> None:
        """Submit all work, the batches between the responses."""
        each = max(1, responses // batches) if batches else responses + 1
        calls: list[tuple[Callable[[int], None], int]] = []
        for number in range(responses):
            calls.append((self._respond, number))
            if batches and number % each == 0 and number // each < batches:
                calls.append((self._begin_batch, number // each))
        list(pool.map(lambda call: self._tried(*call), calls))

    def _tried(self, call: Callable[[int], None], number: int) -> None:
        try:
            call(number)
        except openai.APIError as error:
            self.refused[type(error).__name__] += 1

    def _respond(self, number: int) -> None:
        response = self.client.responses.create(
            model=self.model,
            input=f"{number}: what is a shard?",
            max_output_tokens=24,
            background=True,
            extra_headers={"Idempotency-Key": uuid4().hex},
        )
        self.accepted.append(response.id)

    def _begin_batch(self, number: int) -> None:
        route = list(ROUTES)[number % len(ROUTES)]
        lines = [
            {
                "custom_id": f"r{line}",
                "method": "POST",
                "url": route,
                "body": {"model": self.model, **ROUTES[route](f"{line}: what is a round?")},
            }
            for line in range(self.lines)
        ]
        content = b"".join(json.dumps(line).encode() + b"\n" for line in lines)
        file = self.client.files.create(
            file=("requests.jsonl", content),
            purpose="batch",
            extra_headers={"Idempotency-Key": uuid4().hex},
        )
        batch = self.client.batches.create(
            input_file_id=file.id,
            endpoint=route,  # type: ignore[arg-type]
            completion_window="24h",
            extra_headers={"Idempotency-Key": uuid4().hex},
        )
        self.batches[batch.id] = batch

    def wait(self, patience: float) -> None:
        """Wait until each batch has ended and an event of each response is taken."""
        deadline = time.monotonic() + patience
        while time.monotonic() < deadline:
            taken = self.taken()
            for batch_id in self.open_batches():
                self._look_at(batch_id)
            if not self.open_batches() and all(taken[event_of(one)] for one in self.accepted):
                return
            time.sleep(_POLL_SECONDS)

    def _look_at(self, batch_id: str) -> None:
        try:
            self.batches[batch_id] = self.client.batches.retrieve(batch_id)
        except openai.APIError:
            return

    def open_batches(self) -> list[str]:
        """The batches that have not ended, as far as was seen."""
        return [name for name, batch in self.batches.items() if batch.status in OPEN]

    def taken(self) -> Counter[str]:
        """The number of times that each event was taken."""
        attempts = list(self.receiver.attempts)
        return Counter(attempt.event_id for attempt in attempts if attempt.status == 204)

    def account(self, pool: Executor) -> None:
        """Read everything that came of the work."""
        self.statuses = Counter(pool.map(self._status, self.accepted))
        for batch in self.batches.values():
            told = Counter(self._custom_ids(batch.output_file_id, "answered"))
            told += Counter(self._custom_ids(batch.error_file_id, "failed"))
            self.lines_told.update(told[f"r{line}"] for line in range(self.lines))

    def _status(self, response_id: str) -> str:
        try:
            return str(self.client.responses.retrieve(response_id).status)
        except openai.NotFoundError:
            return "gone"

    def _custom_ids(self, file_id: str | None, kind: str) -> Iterable[str]:
        if file_id is None:
            return
        for line in self.client.files.content(file_id).text.splitlines():
            found = json.loads(line)
            self.failed_lines[found["error"]["code"] if found["error"] else kind] += 1
            yield found["custom_id"]

    @property
    def lost(self) -> int:
        """Responses that did not end or were not told of, batches that did not end, and lines."""
        unfinished = sum(self.statuses[status] for status in ("queued", "in_progress", "gone"))
        taken = self.taken()
        untold = sum(1 for name in self.accepted if not taken[event_of(name)])
        return unfinished + untold + len(self.open_batches()) + self.lines_told[0]

    @property
    def doubled(self) -> int:
        """Responses made twice for one request, and lines of batches that are told twice."""
        twice = sum(count for times, count in self.lines_told.items() if times > 1)
        return len(self.taken().keys() - set(map(event_of, self.accepted))) + twice

    @property
    def late(self) -> int:
        """Batches that ended past their window."""
        ended = [b for b in self.batches.values() if b.status not in OPEN]
        return sum(1 for batch in ended if _ended_at(batch) > batch.expires_at)


def _ended_at(batch: Any) -> int:
    at = (batch.completed_at, batch.failed_at, batch.expired_at, batch.cancelled_at)
    return max(seconds or 0 for seconds in at)


def event_of(response_id: str) -> str:
    return response_id.replace("resp_", "evt_")
