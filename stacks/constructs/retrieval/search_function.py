"""The function that searches, with one environment kept warm, and an alarm of an index damaged."""

from __future__ import annotations

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.constructs.function.schedule import MINUTE, run_each
from stacks.constructs.function.service_function import ServiceFunction
from stacks.constructs.retrieval.features_bucket import INDEX, FeaturesBucket

_SECONDS = 60
"""Longest run: a first search loads its store, which may have 100,000 chunks."""


_OWN_MB = 233
"""Memory of the process with its embedder, and of a search: 150 MB measured, and room."""


class SearchFunction(ServiceFunction):
    """A function that reads the index, and no more: not a document, and it writes nothing.

    A call each minute keeps an environment warm and its snapshots fresh: what a function does
    beside a request stands still once that is answered.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        code: lambda_.Code,
        environment: dict[str, str],
        bucket: FeaturesBucket,
        memory_mb: int,
        log_retention_days: int,
        failures: cloudwatch.Metric,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            code=code,
            handler="features.handlers.search.handler",
            environment={
                **environment,
                "TWIN_FEATURES_INDEX_BUCKET": bucket.bucket_name,
                "TWIN_FEATURES_CALLERS_MB": str(callers_mb(memory_mb)),
            },
            timeout_seconds=_SECONDS,
            memory_mb=memory_mb,
            log_retention_days=log_retention_days,
        )
        bucket.grant_objects(self.runtime_role, "s3:GetObject", below=INDEX)
        bucket.grant_list(self.runtime_role)
        run_each(MINUTE, self, {"warm": True})
        cloudwatch.Alarm(
            self,
            "IndexDamaged",
            alarm_description="A generation cannot be read; the last good one goes on answering.",
            metric=failures,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )


def callers_mb(memory_mb: int) -> int:
    """Return the MiB that stores which callers made may take of a function's memory.

    A third of what the process leaves: those that are held, the one that is loaded meanwhile, and
    config's. So a store that somebody fills takes search from nobody else.
    """
    return (memory_mb - _OWN_MB) // 3
