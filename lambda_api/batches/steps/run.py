"""Batches as the state machine runs them: storage, and the next job."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import time
from typing import Any

from aws_lambda_powertools.logging import Logger

from lambda_api.batches.schemas import BatchState
from lambda_api.batches.shards import Shards, shards_of
from lambda_api.batches.store import BatchStore
from lambda_api.engine.served_models import ServedModels
from lambda_api.files.service import FileService
from lambda_api.settings import Settings
from lambda_api.storage.object_store import ObjectStore

Step = dict[str, Any]
"""A function's answer to the state machine, which says if a job is to run, and which."""


@dataclass(frozen=True)
class BatchRuns:
    """Batches as the state machine runs them.

    Attributes:
        store: The bucket of files and batches.
        settings: The function's settings.
        clock: Returns Unix seconds.
    """

    store: ObjectStore
    settings: Settings
    clock: Callable[[], float] = time

    @property
    def batches(self) -> BatchStore:
        """The states of batches."""
        return BatchStore(self.store)

    @property
    def models(self) -> ServedModels:
        """The models that requests may name."""
        return ServedModels.of(self.settings)

    @property
    def files(self) -> FileService:
        """The files that batches read and write."""
        return FileService(self.store, self.settings.batch_retention_days, self.clock)

    def shards(self, owner: str, batch_id: str) -> Shards:
        """Return a batch's requests, as jobs read them."""
        return shards_of(self.store, owner, batch_id)

    def job_name(self, state: BatchState) -> str:
        """Return the name of the present round's transform job: 40 characters of at most 63."""
        return f"{state.batch.id.replace('_', '-')}-{state.round}"

    def job(self, owner: str, state: BatchState) -> Step:
        """Return the step that runs the present round's job."""
        shards = self.shards(owner, state.batch.id)
        return {
            "owner": owner,
            "batch_id": state.batch.id,
            "proceed": True,
            "job_name": self.job_name(state),
            "input_uri": self.store.uri(shards.input_key(state.round)),
            "output_uri": self.store.uri(shards.output_key(state.round)).rstrip("/"),
            # Files, not requests, are distributed: an instance more would idle.
            "instance_count": min(self.settings.batch_instance_count, state.shards),
        }

    def end(self, owner: str, state: BatchState) -> Step:
        """Return the step that ends the execution; the end is logged."""
        Logger(service=self.settings.service_name).info(
            "batch",
            extra={
                "batch_id": state.batch.id,
                "status": state.batch.status,
                "requests": state.batch.request_counts.model_dump(),
                "rounds": state.round,
            },
        )
        return {
            "owner": owner,
            "batch_id": state.batch.id,
            "proceed": False,
            "status": state.batch.status,
        }
