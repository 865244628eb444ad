"""A shadow, compared with the version that serves: its answers, its latency and its errors."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lambda_api.engine.metrics_bridge import SHADOW_VARIANT
from lambda_api.rollouts.schemas import Rollout, ShadowVersion
from twin.errors import UserError
from twin.lifecycle.captured_answers import LEAST_PAIRS, Agreement, Answers, captured_answers
from twin.lifecycle.rollouts import Rollouts
from twin.lifecycle.stage import ModelStage
from twin.outputs import stack_outputs

_MICROSECONDS = 1e6
_LONGEST_PERIOD: Final = 86_400
"""Seconds of a period of CloudWatch's."""

_CAPTURED = "captured"


@dataclass(frozen=True)
class VariantMetrics:
    """SageMaker's counts of a variant.

    Attributes:
        requests: that it got.
        errors: answers with a 4xx or 5xx status.
        latency_mean: seconds until the whole answer; None without an answer.
        latency_p90: the same, of nine in ten; the worst day's of several.
        first_chunk_p90: seconds until a stream began.
    """

    requests: int
    errors: int
    latency_mean: float | None
    latency_p90: float | None
    first_chunk_p90: float | None


@dataclass(frozen=True)
class Comparison:
    """A shadow and the version that serves, since the shadow began."""

    shadow: ShadowVersion
    serving: int
    since: datetime
    metrics: tuple[VariantMetrics, VariantMetrics]
    agreement: Agreement


def compare_shadow(stage: ModelStage) -> Comparison:
    """Compare the shadow of a stage with what serves.

    Raises:
        UserError: Nothing shadows, or too few requests were answered by both.
    """
    begun = _begun(stage)
    assert begun.shadow is not None  # noqa: S101 - it began one
    since = datetime.fromtimestamp(begun.ended_at or begun.begun_at, UTC)
    outputs = stack_outputs(stage.session, stage.origin, stage.config.stack_name("serving"))
    bucket, variant = outputs["ArtifactBucketName"], outputs["VariantName"]
    serving, shadow = (_answers(stage, bucket, name, since) for name in (variant, SHADOW_VARIANT))
    agreement = Agreement.of(serving, shadow)
    if agreement.pairs < LEAST_PAIRS:
        raise UserError(
            f"pairs: got {agreement.pairs} since {since.astimezone():%Y-%m-%d %H:%M:%S}; must be "
            f"at least {LEAST_PAIRS}: wait, or take a larger --percent"
        )
    return Comparison(
        shadow=begun.shadow,
        serving=begun.target.number,
        since=since,
        metrics=(_metrics(stage, variant, since), _metrics(stage, SHADOW_VARIANT, since)),
        agreement=agreement,
    )


def _begun(stage: ModelStage) -> Rollout:
    """Return the rollout that began what shadows now."""
    last = next((each for each in Rollouts(stage).history() if each.outcome == "Kept"), None)
    if last is None or last.shadow is None:
        raise UserError("nothing shadows: twin model shadow VERSION begins that")
    return last


def _answers(stage: ModelStage, bucket: str, variant: str, since: datetime) -> Answers:
    return captured_answers(_lines(stage, bucket, variant, since))


def _lines(stage: ModelStage, bucket: str, variant: str, since: datetime) -> Iterator[bytes]:
    s3 = stage.client("s3")
    prefix = f"{_CAPTURED}/{stage.config.endpoint_name}/{variant}/"
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for each in page.get("Contents", []):
            if each["LastModified"] >= since - timedelta(seconds=1):
                yield from s3.get_object(Bucket=bucket, Key=each["Key"])["Body"].iter_lines()


def _metrics(stage: ModelStage, variant: str, since: datetime) -> VariantMetrics:
    requests = _statistics(stage, variant, "Invocations", since)
    errors = [
        *_statistics(stage, variant, "Invocation4XXErrors", since),
        *_statistics(stage, variant, "Invocation5XXErrors", since),
    ]
    latency = _statistics(stage, variant, "ModelLatency", since)
    first = _statistics(stage, variant, "FirstChunkModelLatency", since)
    answers = sum(each["SampleCount"] for each in latency)
    mean = sum(each["Sum"] for each in latency) / answers / _MICROSECONDS if answers else None
    return VariantMetrics(
        requests=round(sum(each["Sum"] for each in requests)),
        errors=round(sum(each["Sum"] for each in errors)),
        latency_mean=mean,
        latency_p90=_p90(latency),
        first_chunk_p90=_p90(first),
    )


def _p90(found: list[dict[str, Any]]) -> float | None:
    values = [each["ExtendedStatistics"]["p90"] for each in found]
    return max(values) / _MICROSECONDS if values else None


def _statistics(
    stage: ModelStage, variant: str, metric: str, since: datetime
) -> list[dict[str, Any]]:
    """Return a metric's statistics of all the time, or day by day."""
    end = datetime.now(UTC)
    minutes = math.ceil((end - since).total_seconds() / 60) + 1
    common = {
        "Namespace": "AWS/SageMaker",
        "MetricName": metric,
        "Dimensions": [
            {"Name": "EndpointName", "Value": stage.config.endpoint_name},
            {"Name": "VariantName", "Value": variant},
        ],
        "StartTime": since.replace(second=0, microsecond=0),
        "EndTime": end + timedelta(minutes=1),
        "Period": min(60 * minutes, _LONGEST_PERIOD),
    }
    client = stage.client("cloudwatch")
    plain = client.get_metric_statistics(**common, Statistics=["Sum", "SampleCount"])["Datapoints"]
    if metric in ("Invocations", "Invocation4XXErrors", "Invocation5XXErrors"):
        return list(plain)
    p90 = client.get_metric_statistics(**common, ExtendedStatistics=["p90"])["Datapoints"]
    extended = {each["Timestamp"]: each for each in p90}
    return [{**each, **extended.get(each["Timestamp"], {})} for each in plain]
