"""The stack of the topic that a stage's alarms tell."""

from __future__ import annotations

from aws_cdk import App, ArnFormat, Environment, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns
from constructs import Construct

from stacks.config import AlarmsConfig, StageConfig


class AlarmsStack(Stack):
    """A topic with a name of its own, to which an address is subscribed.

    Alarms name the topic and import nothing: what one stack imports, another may not drop, so that
    [alarms] could never be taken out again, nor the topic come to live elsewhere.
    docs/decisions/0212-what-config-takes-out-is-no-export.md
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        alarms: AlarmsConfig,
        env: Environment,
    ) -> None:
        description = f"{config.model.id}: who is told of alarms"
        super().__init__(scope, construct_id, description=description, env=env)
        self._name = f"{config.endpoint_name}-alarms"
        # SNS's own key lets no service publish, and a key of our own costs more than the text is
        # worth: an alarm's message names a metric and no prompt.
        topic = sns.Topic(self, "Topic", topic_name=self._name, enforce_ssl=True)
        topic.add_to_resource_policy(_publication(topic))
        sns.Subscription(
            self,
            "Email",
            topic=topic,
            protocol=sns.SubscriptionProtocol.EMAIL,
            endpoint=alarms.email,
        )

    def hear(self, app: App) -> None:
        """Have every alarm of a fault in an app tell the topic, which is deployed before it.

        An alarm that already acts is one of scaling, which goes off on every ordinary day.
        """
        for construct in app.node.find_all():
            if isinstance(construct, cloudwatch.Alarm) and not _acts(construct):
                stack = Stack.of(construct)
                construct.add_alarm_action(actions.SnsAction(self._named(stack)))
                stack.add_stack_dependency(self)

    def _named(self, stack: Stack) -> sns.ITopic:
        """Return the topic as another stack names it."""
        topic: sns.ITopic | None = stack.node.try_find_child("AlarmsTopic")
        if topic is None:
            arn = stack.format_arn(
                service="sns", resource=self._name, arn_format=ArnFormat.NO_RESOURCE_NAME
            )
            topic = sns.Topic.from_topic_arn(stack, "AlarmsTopic", arn)
        return topic


def _publication(topic: sns.Topic) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=["sns:Publish"],
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        resources=[topic.topic_arn],
        conditions={"StringEquals": {"aws:SourceAccount": Stack.of(topic).account}},
    )


def _acts(alarm: cloudwatch.Alarm) -> bool:
    resource = alarm.node.default_child
    assert isinstance(resource, cloudwatch.CfnAlarm)  # noqa: S101 - an alarm is made of one
    # Alarms list their actions late: until then it is a token, which is never empty.
    return bool(Stack.of(alarm).resolve(resource.alarm_actions))
