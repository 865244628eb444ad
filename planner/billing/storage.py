"""The bill of a stage's buckets: what lies in them, and the requests that put and get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from planner.billing.line import Line
from planner.billing.load import DAY, MONTH, Load, Traffic
from planner.prices.price_list import REGION, service_price
from stacks.config import StageConfig

TOKEN_BYTES = 5
"""Bytes of a token's text, with a little JSON around."""

RESPONSE_WRITES, RESPONSE_READS = 3, 4
"""Requests for a background response: SageMaker's answer, request.json and result.json are written;
the answer is read once, and both objects by its end and by its caller.

Decision record: docs/decisions/0026.
"""

SHARD_WRITES, SHARD_READS = 2, 3
"""Requests for a file of a job: its lines and their answers are written; the job reads the lines,
and these are joined with the answers."""

_KEPT_BYTES = 2_000
"""JSON of a response beside its texts, request.json and result.json together."""

# Storage is billed by 2^30 bytes, as the examples of https://aws.amazon.com/s3/faqs/ count.
_GB = 2**30


@dataclass(frozen=True, kw_only=True)
class Storage:
    """Objects of a stage once as many expire as are written, and the requests of an hour.

    Attributes:
        gigabytes: that lie there.
        writes: PUT, COPY, POST and LIST.
        reads: GET and all others.
    """

    gigabytes: float
    writes: float
    reads: float


def storage(
    stage: StageConfig, load: Load, traffic: Traffic, root: Path | None = None
) -> Storage | None:
    """Return what a stage has in S3; None where nothing of it comes there.

    Left out is what config does not tell: documents of [retrieval], versions of [registry], and
    weights below model.s3, which lie in a bucket of the caller's own.

    Args:
        stage: as its config describes it.
        load: that is priced.
        traffic: whose requests have these sizes.
        root: below which model.artifacts lies; None is the working directory.
    """
    kept, writes, reads = _weights(stage, root or Path.cwd()), 0.0, 0.0
    captured = stage.realtime.data_capture_percent / 100 if stage.realtime else 0.0
    if not (kept or captured or stage.asynchronous or stage.batch):
        return None
    text = (traffic.prompt_tokens + traffic.tokens) * TOKEN_BYTES
    if stage.asynchronous is not None:
        held = stage.asynchronous.retention_days * DAY
        kept += load.background_per_hour * held * (text + _KEPT_BYTES)
        writes += load.background_per_hour * RESPONSE_WRITES
        reads += load.background_per_hour * RESPONSE_READS
    if stage.batch is not None:
        kept += load.lines_per_hour * stage.batch.retention_days * DAY * text
        shards = load.lines_per_hour / stage.batch.lines_per_shard
        writes, reads = writes + shards * SHARD_WRITES, reads + shards * SHARD_READS
    if stage.realtime is not None:
        held = stage.realtime.data_capture_retention_days * DAY
        kept += captured * load.requests_per_hour * held * text
    return Storage(gigabytes=kept / _GB, writes=writes, reads=reads)


def storage_lines(found: Storage, region: str = REGION) -> Iterator[Line]:
    """Yield the lines of an hour.

    Raises:
        PlanError: there are no prices for the region.
    """
    for name, quantity, unit, key in (
        ("S3, stored", found.gigabytes / MONTH, "GB-months", "s3_gb_month"),
        ("S3, writes", found.writes, "requests", "s3_write_request"),
        ("S3, reads", found.reads, "requests", "s3_read_request"),
    ):
        yield Line(name, quantity, unit, service_price(key, region))


def _weights(stage: StageConfig, root: Path) -> float:
    """Return the bytes of the weights that a deployment publishes: for [batch] packed once more."""
    if stage.model.artifacts is None:
        return 0.0
    files = (path for path in (root / stage.model.artifacts).rglob("*") if path.is_file())
    size = sum(path.stat().st_size for path in files if not path.name.startswith("."))
    return float(size * (2 if stage.batch is not None else 1))
