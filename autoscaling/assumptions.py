"""Assumptions on undocumented scaling behaviour: each value and its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Assumptions:
    """Undocumented behaviour, all of which can be varied.

    Attributes:
        publication_delay: seconds from the end of a metric's period until an alarm can see its
            datapoint. AWS's samples say that an alarm takes "1-2 minutes longer" than its periods,
            publication and reaction together; a measured alarm on a 30 s period fired 67 s after
            the request that caused it.
            https://github.com/aws-samples/sagemaker-genai-hosting-examples/tree/main/03-features/autoscaling
        reaction_delay: seconds from an alarm's change to the new desired capacity; measured as 35
            (alarm at 67 s, capacity at 102 s) from zero copies.
        action_repeat: least seconds until an alarm that stays in ALARM runs its policy again. An
            alarm repeats scaling actions "for every period"; how often below a minute is not said.
            https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarm-evaluation.html
        extra_datapoints: datapoints an alarm looks back beyond its evaluation periods when some are
            missing. CloudWatch's examples read 5 for 3; "the exact number depends".
        scale_in_step: most capacity one scale-in of target tracking removes; None is proportional.
            AWS says only that it "scales in more gradually".
            https://docs.aws.amazon.com/autoscaling/application/userguide/target-tracking-scaling-policy-overview.html
        scale_in_value: datapoint a scale-in of target tracking computes from: the "highest" its
            alarm looked at, or the "newest". AWS says that it rounds "conservatively" to prevent
            "removing too much capacity"; a single quiet 10 s datapoint would do just that.
            https://docs.aws.amazon.com/autoscaling/application/userguide/application-auto-scaling-target-tracking.html
        locked_while_changing: no policy changes the capacity until the last change is fulfilled.
            SageMaker documents that "auto scaling is blocked while the update operation is in
            progress", for endpoint updates; a capacity change puts the endpoint in Updating too.
            https://docs.aws.amazon.com/sagemaker/latest/dg/endpoint-scaling-update.html
    """

    publication_delay: float = 40.0
    reaction_delay: float = 35.0
    action_repeat: float = 60.0
    extra_datapoints: int = 2
    scale_in_step: int | None = None
    scale_in_value: Literal["highest", "newest"] = "highest"
    locked_while_changing: bool = True


ASSUMED = Assumptions()
"""The values used unless a caller varies one.

Not values but choices, made where the rule stands: target tracking scales out from the
newest datapoint its alarm can see; concurrency is averaged over a period and over instances; a
cooldown starts when the change is fulfilled; a scheduled action starts no cooldown; a local time
that a daylight-saving change skips or repeats fires once; after a start from zero, target tracking
removes nothing until its low alarm can have looked at all its periods since.
"""
