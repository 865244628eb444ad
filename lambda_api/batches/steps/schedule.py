"""Batches that recur: each takes the files below a prefix of the bucket as input."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256

from lambda_api.batches.schemas import CHAT_COMPLETIONS, Batch, BatchState
from lambda_api.batches.steps.run import BatchRuns
from lambda_api.batches.store import PREFIX
from lambda_api.storage.object_store import ChangedError

SCHEDULES = "schedules"
"""The owner of all batches that recur. Their executions have names of EventBridge Scheduler's."""


@dataclass(frozen=True)
class ScheduledRun:
    """A run of a schedule, which starts one batch.

    Attributes:
        owner: The batch's owner; no API key's.
        schedule: The schedule's name.
        input_prefix: The prefix of the input: every `*.jsonl` below, in the order of keys.
        run: The name of this run, the same in every attempt.
    """

    owner: str
    schedule: str
    input_prefix: str
    run: str

    @property
    def batch_id(self) -> str:
        """The batch's id, the same in every attempt of this run."""
        return PREFIX + sha256(f"{self.schedule}/{self.run}".encode()).hexdigest()[:32]

    def begin(self, runs: BatchRuns) -> None:
        """Create the batch with a copy of the present input, unless an earlier attempt did."""
        file_id, now = runs.files.new_id(), runs.clock()
        parts = _joined(runs, self.input_prefix)
        runs.files.write(self.owner, file_id, f"{self.schedule}.jsonl", parts, purpose="batch")
        batch = Batch.validating(
            self.batch_id,
            endpoint=CHAT_COMPLETIONS,
            input_file_id=file_id,
            model=runs.settings.model_id,
            now=now,
            metadata={"schedule": self.schedule},
        )
        state = BatchState(
            batch=batch, output_id=runs.files.new_id(), errors_id=runs.files.new_id()
        )
        try:
            runs.batches.create(self.owner, state)
        except ChangedError:
            return


def _joined(runs: BatchRuns, prefix: str) -> Iterator[bytes]:
    for found in runs.store.list(prefix):
        if found.key.endswith(".jsonl"):
            yield from runs.store.stream(found.key)
            # A file need not end its last line; empty ones are passed over.
            yield b"\n"
