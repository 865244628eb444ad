"""The asynchronous stack: a queue, its bucket and topics, and instances that come and go."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from lambda_api.webhooks.message_queue import failure_delay
from tests.support.synthesized import Synthesized


def role(stage: Synthesized) -> str:
    name: str = stage.asynchronous.only("AWS::SageMaker::Model")["ExecutionRoleArn"]["Fn::GetAtt"][
        0
    ]
    return name


def alarm(stage: Synthesized, metric: str) -> dict[str, Any]:
    alarms = stage.asynchronous.properties("AWS::CloudWatch::Alarm")
    (found,) = [a for a in alarms if a["MetricName"] == metric]
    return found


def policy(stage: Synthesized, name: str) -> dict[str, Any]:
    policies = stage.asynchronous.properties("AWS::ApplicationAutoScaling::ScalingPolicy")
    (found,) = [p for p in policies if p["PolicyName"] == name]
    return found


def run_by(stage: Synthesized, metric: str) -> str:
    (action,) = alarm(stage, metric)["AlarmActions"]
    resources = stage.asynchronous.resources("AWS::ApplicationAutoScaling::ScalingPolicy")
    name: str = resources[action["Ref"]]["Properties"]["PolicyName"]
    return name


def test_a_stage_without_the_section_has_no_stack(bare: Synthesized) -> None:
    assert set(bare.stacks) == {"serving", "api"}


def test_it_serves_the_model_of_the_real_time_endpoint(jobs: Synthesized) -> None:
    containers = [
        # The image names each stack's own mapping.
        {**template.only("AWS::SageMaker::Model")["PrimaryContainer"], "Image": None}
        for template in (jobs.asynchronous, jobs.serving)
    ]
    assert containers[0] == containers[1]


def test_the_endpoint_answers_into_the_bucket_and_tells_a_topic(full: Synthesized) -> None:
    config = full.asynchronous.only("AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 48}
    output = config["OutputConfig"]
    assert output["S3OutputPath"]["Fn::Join"][1][-1] == "/async/output/"
    assert output["S3FailurePath"]["Fn::Join"][1][-1] == "/async/failures/"
    topics = set(full.asynchronous.resources("AWS::SNS::Topic"))
    told = output["NotificationConfig"]
    assert {told["SuccessTopic"]["Ref"], told["ErrorTopic"]["Ref"]} == topics
    assert len(topics) == 2


def test_as_many_requests_at_once_as_the_model_decodes(local: Synthesized) -> None:
    config = local.asynchronous.only("AWS::SageMaker::EndpointConfig")["AsyncInferenceConfig"]
    assert config["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 4}


def test_it_is_created_with_an_instance_and_may_lose_it(jobs: Synthesized) -> None:
    (variant,) = jobs.asynchronous.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 1
    assert "RoutingConfig" not in variant
    target = jobs.asynchronous.only("AWS::ApplicationAutoScaling::ScalableTarget")
    assert target["MinCapacity"] == 0


def test_a_waiting_request_wakes_the_first_instance_at_once(jobs: Synthesized) -> None:
    waiting = alarm(jobs, "HasBacklogWithoutCapacity")
    assert (waiting["EvaluationPeriods"], waiting["Period"]) == (1, 60)
    assert waiting["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert waiting["Threshold"] == 1
    assert [d["Name"] for d in waiting["Dimensions"]] == ["EndpointName"]
    assert run_by(jobs, "HasBacklogWithoutCapacity") == "wake"
    step = policy(jobs, "wake")["StepScalingPolicyConfiguration"]
    assert step["AdjustmentType"] == "ChangeInCapacity"
    assert step["StepAdjustments"] == [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}]


def test_instances_grow_with_the_backlog_of_each(full: Synthesized) -> None:
    tracking = policy(full, "backlog")["TargetTrackingScalingPolicyConfiguration"]
    metric = tracking["CustomizedMetricSpecification"]
    assert metric["Namespace"] == "AWS/SageMaker"
    assert metric["MetricName"] == "ApproximateBacklogSizePerInstance"
    assert metric["Statistic"] == "Average"
    assert [d["Name"] for d in metric["Dimensions"]] == ["EndpointName"]
    assert tracking["TargetValue"] == 96


def test_only_a_long_silence_removes_instances(full: Synthesized) -> None:
    tracking = policy(full, "backlog")["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["DisableScaleIn"] is True
    idle = alarm(full, "ApproximateBacklogSize")
    assert idle["Period"] * idle["EvaluationPeriods"] == 3660  # the longest request takes 3600
    assert "DatapointsToAlarm" not in idle  # every one of them
    assert (idle["Statistic"], idle["Threshold"]) == ("Maximum", 0)
    assert idle["ComparisonOperator"] == "LessThanOrEqualToThreshold"
    assert idle["TreatMissingData"] == "notBreaching"
    assert run_by(full, "ApproximateBacklogSize") == "go"
    step = policy(full, "go")["StepScalingPolicyConfiguration"]
    assert step["AdjustmentType"] == "ExactCapacity"
    assert step["StepAdjustments"] == [{"MetricIntervalUpperBound": 0, "ScalingAdjustment": 0}]


def test_every_policy_names_the_whole_id_of_the_target(jobs: Synthesized) -> None:
    (target,) = jobs.asynchronous.resources("AWS::ApplicationAutoScaling::ScalableTarget")
    policies = jobs.asynchronous.properties("AWS::ApplicationAutoScaling::ScalingPolicy")
    assert [p["ScalingTargetId"] for p in policies] == [{"Ref": target}] * 3


def test_an_update_waits_for_the_requests_in_flight(full: Synthesized) -> None:
    deployment = full.asynchronous.only("AWS::SageMaker::Endpoint")["DeploymentConfig"]
    assert deployment["BlueGreenUpdatePolicy"]["TerminationWaitInSeconds"] == 3600


def test_the_bucket_is_private_and_forgets(full: Synthesized) -> None:
    bucket = full.asynchronous.only("AWS::S3::Bucket")
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    assert "BucketEncryption" in bucket
    rules = bucket["LifecycleConfiguration"]["Rules"]
    assert {r["Prefix"]: r["ExpirationInDays"] for r in rules if "Prefix" in r} == {
        "responses/": 3,
        "async/output/": 3,
        "async/failures/": 3,
    }


def test_topics_are_encrypted_and_closed_to_plain_http(jobs: Synthesized) -> None:
    for topic in jobs.asynchronous.properties("AWS::SNS::Topic"):
        assert json.dumps(topic["KmsMasterKeyId"]).endswith(':alias/aws/sns"]]}')
    for document in jobs.asynchronous.properties("AWS::SNS::TopicPolicy"):
        (statement,) = document["PolicyDocument"]["Statement"]
        assert statement["Effect"] == "Deny"
        assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_the_container_may_read_inputs_write_answers_and_tell(jobs: Synthesized) -> None:
    rights = jobs.asynchronous.rights(role(jobs))
    s3 = {(a, r) for a, r in rights if a.startswith("s3:") and "models/" not in r}
    writing = {"s3:PutObject", "s3:AbortMultipartUpload"}
    assert {(a, r) for a, r in s3 if r.startswith("/")} == {
        ("s3:GetObject", "/responses/*"),
        *((action, "/async/output/*") for action in writing),
        *((action, "/async/failures/*") for action in writing),
    }
    topics = jobs.asynchronous.resources("AWS::SNS::Topic")
    assert {r for a, r in rights if a == "sns:Publish"} == {f"<{name}>" for name in topics}


def test_more_than_no_instances_are_kept_and_started(
    synthesize: Callable[..., Synthesized],
) -> None:
    kept = synthesize("prod", asynchronous={"min_instances": 2})
    (variant,) = kept.asynchronous.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    assert variant["InitialInstanceCount"] == 2
    step = policy(kept, "go")["StepScalingPolicyConfiguration"]
    assert step["StepAdjustments"][0]["ScalingAdjustment"] == 2


@pytest.mark.parametrize(
    ("handler", "expected"),
    [
        (
            "run.sh",
            {
                ("GetObject", "responses"),
                ("PutObject", "responses"),
                ("GetObject", "output"),
                ("GetObject", "failures"),
            },
        ),
        (
            "lambda_api.handlers.control.handler",
            {
                ("GetObject", "responses"),
                ("PutObject", "responses"),
                ("DeleteObject", "responses"),
                ("GetObject", "output"),
                ("GetObject", "failures"),
                ("DeleteObject", "output"),
                ("DeleteObject", "failures"),
            },
        ),
        (
            "lambda_api.handlers.async_completion.handler",
            {
                ("GetObject", "responses"),
                ("PutObject", "responses"),
                ("GetObject", "output"),
                ("DeleteObject", "output"),
                ("GetObject", "failures"),
                ("DeleteObject", "failures"),
            },
        ),
    ],
)
def test_functions_reach_the_objects_they_work_on(
    jobs: Synthesized, handler: str, expected: set[tuple[str, str]]
) -> None:
    rights = jobs.api.rights(jobs.api.function(handler)["Role"]["Fn::GetAtt"][0])
    reached = {
        (action.removeprefix("s3:"), resource.strip("/*").rpartition("/")[2])
        for action, resource in rights
        if action.startswith("s3:") and resource.startswith(("/responses", "/async"))
    }
    assert reached == expected
    assert "s3:ListBucket" in {action for action, _ in rights}


def test_completion_hears_of_every_end(jobs: Synthesized) -> None:
    subscriptions = jobs.api.properties("AWS::SNS::Subscription")
    topics = jobs.asynchronous.resources("AWS::SNS::Topic")
    assert [s["Protocol"] for s in subscriptions] == ["lambda", "lambda"]
    heard = json.dumps([s["TopicArn"] for s in subscriptions])
    assert all(name in heard for name in topics)


DELIVERY = "lambda_api.handlers.webhook_delivery.handler"
COMPLETION = "lambda_api.handlers.async_completion.handler"


def queues(stage: Synthesized) -> dict[str, dict[str, Any]]:
    """The webhook's queues, by the ends of their logical ids."""
    found = stage.api.resources("AWS::SQS::Queue")
    kinds = ("Events", "Watches", "DeadLetters")
    return {k: q["Properties"] for k in kinds for n, q in found.items() if f"Webhook{k}" in n}


def role_of(stage: Synthesized, handler: str) -> str:
    name: str = stage.api.function(handler)["Role"]["Fn::GetAtt"][0]
    return name


def test_only_delivery_reads_the_signing_key(full: Synthesized) -> None:
    holders = [
        p["Roles"]
        for p in full.api.properties("AWS::IAM::Policy")
        if "secretsmanager" in json.dumps(p)
    ]
    assert holders == [[{"Ref": role_of(full, DELIVERY)}]]


def test_a_secret_under_a_key_of_its_own_can_be_read(
    alarmed: Synthesized, full: Synthesized
) -> None:
    (statement,) = [s for s in alarmed.api.statements() if s["Action"] == "kms:Decrypt"]
    assert statement["Resource"] == "arn:aws:kms:us-east-1:111122223333:key/0b1c"
    assert "secretsmanager." in json.dumps(statement["Condition"]["StringEquals"]["kms:ViaService"])
    assert "kms:Decrypt" not in json.dumps(full.api.raw)


def test_a_container_lists_its_inputs_alone(full: Synthesized) -> None:
    for template, prefix in ((full.asynchronous, "responses/*"), (full.batch, "batches/*")):
        role = template.only("AWS::SageMaker::Model")["ExecutionRoleArn"]["Fn::GetAtt"][0]
        listings = [
            statement["Condition"]
            for policy in template.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
            if statement["Action"] == "s3:ListBucket"
        ]
        assert {"StringLike": {"s3:prefix": prefix}} in listings


def test_delivery_reaches_no_response(full: Synthesized) -> None:
    actions = {action for action, _ in full.api.rights(role_of(full, DELIVERY))}
    assert not any(action.startswith(("s3:", "sagemaker:", "sqs:Send")) for action in actions)


@pytest.mark.parametrize(("handler", "sends"), [("run.sh", "Watches"), (COMPLETION, "Events")])
def test_who_may_send_to_which_queue(full: Synthesized, handler: str, sends: str) -> None:
    policies = full.api.properties("AWS::IAM::Policy")
    (granted,) = [
        json.dumps(statement["Resource"])
        for policy in policies
        if {"Ref": role_of(full, handler)} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:SendMessage" in statement["Action"]
    ]
    assert f"Webhook{sends}" in granted


@pytest.mark.parametrize(("handler", "source"), [(DELIVERY, "Events"), (COMPLETION, "Watches")])
def test_each_consumer_may_put_messages_off(full: Synthesized, handler: str, source: str) -> None:
    (granted,) = [
        json.dumps(statement["Resource"])
        for policy in full.api.properties("AWS::IAM::Policy")
        if {"Ref": role_of(full, handler)} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:ChangeMessageVisibility" in statement["Action"]
    ]
    assert f"Webhook{source}" in granted


@pytest.mark.parametrize(("handler", "source"), [(DELIVERY, "Events"), (COMPLETION, "Watches")])
def test_each_queue_has_its_consumer(full: Synthesized, handler: str, source: str) -> None:
    functions = full.api.resources("AWS::Lambda::Function")
    (name,) = [n for n, f in functions.items() if f["Properties"]["Handler"] == handler]
    (mapping,) = [
        m
        for m in full.api.properties("AWS::Lambda::EventSourceMapping")
        if m["FunctionName"] == {"Ref": name}
    ]
    assert f"Webhook{source}" in json.dumps(mapping["EventSourceArn"])
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert mapping["BatchSize"] == 10
    hidden = queues(full)[source]["VisibilityTimeout"]
    assert hidden >= 6 * functions[name]["Properties"]["Timeout"]


@pytest.mark.parametrize("name", ["Events", "Watches"])
def test_tries_of_a_day_end_in_the_dead_letter_queue(full: Synthesized, name: str) -> None:
    queue = queues(full)[name]
    redrive = queue["RedrivePolicy"]
    (dead,) = [n for n in full.api.resources("AWS::SQS::Queue") if "DeadLetters" in n]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": [dead, "Arn"]}
    tries = redrive["maxReceiveCount"]
    least = sum(least_delay(attempt) for attempt in range(1, tries))
    most = sum(least_delay(attempt) for attempt in range(1, tries + 1)) * 1.25
    assert least >= 24 * 3600
    assert most + 24 * 3600 <= queue["MessageRetentionPeriod"]  # with the looks of a watch
    assert queues(full)["DeadLetters"]["MessageRetentionPeriod"] == 14 * 86_400


def least_delay(attempt: int) -> int:
    return min(failure_delay(attempt) for _ in range(50))


def test_what_was_given_up_raises_an_alarm(full: Synthesized) -> None:
    alarms = full.api.properties("AWS::CloudWatch::Alarm")
    (given_up,) = [a for a in alarms if a["MetricName"] == "ApproximateNumberOfMessagesVisible"]
    assert "DeadLetters" in json.dumps(given_up["Dimensions"])
    assert (given_up["Threshold"], given_up["Statistic"]) == (1, "Maximum")
    assert given_up["TreatMissingData"] == "notBreaching"


def test_without_a_webhook_there_is_no_key_and_no_queue(local: Synthesized) -> None:
    assert "secretsmanager" not in json.dumps(local.api.raw)
    for template in (local.api, local.asynchronous):
        assert template.properties("AWS::SQS::Queue") == []
        assert template.properties("AWS::Lambda::EventSourceMapping") == []
