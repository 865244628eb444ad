"""OpenAI's batch object, and the state that the service keeps.

The fields are those of platform.openai.com/docs/api-reference/batch/object.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from lambda_api.files.schemas import ExpiresAfter
from lambda_api.storage.metadata import Metadata
from lambda_api.storage.pagination import Listed

EndpointPath = Literal["/v1/chat/completions", "/v1/completions", "/v1/responses"]
"""The routes that a batch's requests may be for."""

CHAT_COMPLETIONS: EndpointPath = "/v1/chat/completions"

COMPLETION_WINDOW = "24h"
COMPLETION_WINDOW_SECONDS = 86_400

Status = Literal[
    "validating",
    "failed",
    "in_progress",
    "finalizing",
    "completed",
    "expired",
    "cancelling",
    "cancelled",
]

ENDED: frozenset[Status] = frozenset({"failed", "completed", "expired", "cancelled"})
"""The statuses that are final."""


class BatchError(BaseModel):
    """An error in the input of a batch; `line` counts from 1."""

    code: str
    line: int | None = None
    message: str
    param: str | None = None


class BatchErrors(BaseModel):
    """The errors for which a batch was not run."""

    object: Literal["list"] = "list"
    data: list[BatchError]


class RequestCounts(BaseModel):
    """The progress of a batch, in requests."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class InputTokensDetails(BaseModel):
    """Details of input tokens; zero if the engine does not tell."""

    cached_tokens: int = 0


class OutputTokensDetails(BaseModel):
    """Details of output tokens; zero if the engine does not tell."""

    reasoning_tokens: int = 0


class BatchUsage(BaseModel):
    """The tokens of all completed requests."""

    input_tokens: int = 0
    input_tokens_details: InputTokensDetails = InputTokensDetails()
    output_tokens: int = 0
    output_tokens_details: OutputTokensDetails = OutputTokensDetails()
    total_tokens: int = 0

    def plus(self, usage: dict[str, Any]) -> BatchUsage:
        """Return the sum with the usage of another answer, in an engine's words."""
        sent = usage.get("prompt_tokens") or 0
        got = usage.get("completion_tokens") or 0
        cached = (usage.get("prompt_tokens_details") or {}).get("cached_tokens") or 0
        reasoned = (usage.get("completion_tokens_details") or {}).get("reasoning_tokens") or 0
        cached += self.input_tokens_details.cached_tokens
        reasoned += self.output_tokens_details.reasoning_tokens
        return BatchUsage(
            input_tokens=self.input_tokens + sent,
            input_tokens_details=InputTokensDetails(cached_tokens=cached),
            output_tokens=self.output_tokens + got,
            output_tokens_details=OutputTokensDetails(reasoning_tokens=reasoned),
            total_tokens=self.total_tokens + sent + got,
        )


class BatchRequest(BaseModel):
    """A request for a batch."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "input_file_id": "file-0f1e...",
                "endpoint": CHAT_COMPLETIONS,
                "completion_window": COMPLETION_WINDOW,
            }
        }
    )

    input_file_id: str = Field(description="A file of requests, one JSON object a line.")
    endpoint: EndpointPath = Field(description="The route that all requests are for.")
    completion_window: Literal["24h"] = Field(description="How long it may take.")
    metadata: Metadata | None = Field(None, description="Up to 16 notes of the caller's.")
    output_expires_after: ExpiresAfter | None = Field(
        None, description="When the files it writes expire."
    )


class Batch(Listed):
    """A batch. Times are Unix seconds."""

    object: Literal["batch"] = "batch"
    endpoint: EndpointPath
    model: str
    errors: BatchErrors | None = None
    input_file_id: str
    completion_window: str
    status: Status
    output_file_id: str | None = None
    error_file_id: str | None = None
    created_at: int
    in_progress_at: int | None = None
    expires_at: int
    finalizing_at: int | None = None
    completed_at: int | None = None
    failed_at: int | None = None
    expired_at: int | None = None
    cancelling_at: int | None = None
    cancelled_at: int | None = None
    request_counts: RequestCounts = RequestCounts()
    usage: BatchUsage | None = None
    metadata: Metadata | None = None

    @classmethod
    def validating(
        cls,
        batch_id: str,
        *,
        endpoint: EndpointPath,
        input_file_id: str,
        model: str,
        now: float,
        metadata: Metadata | None = None,
    ) -> Batch:
        """Return a batch as it begins."""
        return cls(
            id=batch_id,
            endpoint=endpoint,
            model=model,
            input_file_id=input_file_id,
            completion_window=COMPLETION_WINDOW,
            status="validating",
            created_at=int(now),
            expires_at=int(now) + COMPLETION_WINDOW_SECONDS,
            metadata=metadata,
        )

    def now(self, status: Status, seconds: float) -> Batch:
        """Return the batch as it enters a status."""
        return self.model_copy(update={"status": status, f"{status}_at": int(seconds)})


class DeletedBatch(BaseModel):
    """A receipt for a deleted batch; OpenAI has none, this one is like that of a file."""

    id: str
    object: Literal["batch"] = "batch"
    deleted: Literal[True] = True


class BatchState(BaseModel):
    """A batch with the state that is hidden from its owner."""

    batch: Batch
    output_expires_after: ExpiresAfter | None = None
    output_id: str = Field(description="The file for answers, if there are any.")
    errors_id: str = Field(description="The file for requests without one, if there are any.")
    round: int = Field(0, description="Which transform job runs; 0 before the first.")
    shards: int = Field(0, description="How many files this round's job has.")
