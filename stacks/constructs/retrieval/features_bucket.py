"""The bucket of documents and of the index, which tells a queue of every change of a document."""

from __future__ import annotations

from typing import Final, cast

from aws_cdk import Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from stacks.constructs.shared.job_bucket import FILES
from stacks.constructs.shared.private_bucket import PrivateBucket

DOCUMENTS: Final = "documents/"
INDEX: Final = "index/"
RECORDS: Final = "index/*/records/"
"""Key prefixes; below INDEX, records are what the document function writes."""

STORES: Final = "stores/"
"""Key prefix of the stores that callers make."""

_NOTES: Final = f"{STORES}~"
"""Key prefix of what is noted of requests: keys of idempotency, batches of files."""

FILE_DAYS: Final = 30
"""Days that an uploaded file stays, which the service takes for granted; stores have copies."""


class FeaturesBucket(PrivateBucket):
    """A bucket that sends S3's notifications of documents to a queue.

    The property of the bucket itself: CDK's own `add_event_notification` brings a function of its
    own with rights on every bucket.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, events: sqs.Queue, keeps_files: bool
    ) -> None:
        """Make the bucket.

        Args:
            scope: The construct around it.
            construct_id: The id in there.
            events: The queue that is told of documents.
            keeps_files: True if uploaded files lie here, and go after a while.
        """
        passing = (_NOTES, FILES) if keeps_files else (_NOTES,)
        days = Duration.days(FILE_DAYS)
        rules = [s3.LifecycleRule(prefix=prefix, expiration=days) for prefix in passing]
        super().__init__(scope, construct_id, lifecycle_rules=rules)
        # Not by the bucket's ARN: the policy has to be there before the bucket.
        sent = events.add_to_resource_policy(
            iam.PolicyStatement(
                actions=["sqs:SendMessage"],
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                resources=[events.queue_arn],
                conditions={"StringEquals": {"aws:SourceAccount": Stack.of(self).account}},
            )
        )
        below = s3.CfnBucket.S3KeyFilterProperty(
            rules=[s3.CfnBucket.FilterRuleProperty(name="prefix", value=DOCUMENTS)]
        )
        resource = cast(s3.CfnBucket, self.node.default_child)
        resource.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event=event,
                    queue=events.queue_arn,
                    filter=s3.CfnBucket.NotificationFilterProperty(s3_key=below),
                )
                for event in ("s3:ObjectCreated:*", "s3:ObjectRemoved:*")
            ]
        )
        if sent.policy_dependable is not None:
            resource.node.add_dependency(sent.policy_dependable)
