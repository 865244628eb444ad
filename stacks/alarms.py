"""The topic of a stage's alarms, and the alarms that tell it."""

from __future__ import annotations

from aws_cdk import App, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_sns as sns

from stacks.config import AlarmsConfig


def tell(config: AlarmsConfig, *, home: Stack, app: App) -> None:
    """Have every alarm of a fault tell one topic, to which an address is subscribed.

    An alarm that already acts is one of scaling, which goes off on every ordinary day.

    Args:
        config: the [alarms] section.
        home: stack of the topic, deployed before all others.
        app: app with every stack of the stage.
    """
    # SNS's own key lets no service publish, and a key of our own costs more than the text is worth:
    # an alarm's message names a metric and no prompt.
    topic = sns.Topic(home, "Alarms", enforce_ssl=True)
    topic.add_to_resource_policy(_publication(topic))
    sns.Subscription(
        home,
        "AlarmsEmail",
        topic=topic,
        protocol=sns.SubscriptionProtocol.EMAIL,
        endpoint=config.email,
    )
    for construct in app.node.find_all():
        if isinstance(construct, cloudwatch.Alarm) and not _acts(construct):
            construct.add_alarm_action(actions.SnsAction(topic))


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
