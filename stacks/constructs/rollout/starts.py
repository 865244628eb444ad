"""The events that start a rollout."""

from __future__ import annotations

from aws_cdk import aws_events as events
from aws_cdk import aws_events_targets as targets
from aws_cdk import aws_iam as iam
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.shared.trust import trusted

_CHANGE = "SageMaker Model Package State Change"
_CHECKED = "Model Version Checked"


class Starts(Construct):
    """Rules for changes of approval, or for another stage's check.

    Every update of an approved version emits the event again, the rollout's own note among them: so
    a rule asks which field was changed.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, config: StageConfig, machine: sfn.StateMachine
    ) -> None:
        super().__init__(scope, construct_id)
        rollout, group = config.model_rollout, config.model_registry.group or ""
        statuses = ["Approved"] * (rollout.deploy == "on-approval")
        statuses += ["Rejected"] * rollout.reject_rolls_back
        role = iam.Role(self, "Role", assumed_by=trusted("events"))
        target = targets.SfnStateMachine(machine, role=role)
        if statuses:
            self._rule(
                "OnApproval",
                target,
                source="aws.sagemaker",
                kind=_CHANGE,
                detail={
                    "ModelPackageGroupName": [group],
                    "ModelApprovalStatus": statuses,
                    "UpdatedModelPackageFields": ["ModelApprovalStatus"],
                },
            )
        if rollout.after_stage is not None:
            self._rule(
                "AfterStage",
                target,
                source=f"{config.project.name}.rollout",
                kind=_CHECKED,
                detail={"Stage": [rollout.after_stage]},
            )

    def _rule(
        self,
        construct_id: str,
        target: targets.SfnStateMachine,
        *,
        source: str,
        kind: str,
        detail: dict[str, list[str]],
    ) -> None:
        events.Rule(
            self,
            construct_id,
            event_pattern=events.EventPattern(source=[source], detail_type=[kind], detail=detail),
            targets=[target],
        )
