"""The other ways to scale: to zero, on several types, by prefixes, at known times."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from stacks.config import AutoscalingConfig, RealtimeConfig
from tests.support.synthesized import Synthesized, Template

COMPONENT = "AWS::SageMaker::InferenceComponent"
POLICY = "AWS::ApplicationAutoScaling::ScalingPolicy"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def variant(stage: Synthesized) -> dict[str, Any]:
    (only,) = stage.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    found: dict[str, Any] = only
    return found


def policies(template: Template) -> dict[str, dict[str, Any]]:
    return {policy["PolicyName"]: policy for policy in template.properties(POLICY)}


def test_an_endpoint_at_zero_has_hosts_and_no_model(zero: Synthesized) -> None:
    assert variant(zero) == {
        "VariantName": "c7i-xlarge",
        "InstanceType": "ml.c7i.xlarge",
        "InitialInstanceCount": 1,
        "InitialVariantWeight": 1,
        "RoutingConfig": {"RoutingStrategy": "LEAST_OUTSTANDING_REQUESTS"},
        "ManagedInstanceScaling": {
            "Status": "ENABLED",
            "MinInstanceCount": 0,
            "MaxInstanceCount": 5,  # 3, and room for the half that a deploy replaces at once
            "ScaleInPolicy": {
                "Strategy": "CONSOLIDATION",
                "MaximumStepSize": 2,
                "CooldownInMinutes": 30,
            },
        },
    }


def test_the_hosts_act_in_the_models_name_and_are_as_isolated(zero: Synthesized) -> None:
    config = zero.serving.only("AWS::SageMaker::EndpointConfig")
    model = zero.serving.only("AWS::SageMaker::Model")
    assert config["ExecutionRoleArn"] == model["ExecutionRoleArn"]
    assert config["EnableNetworkIsolation"] == model["EnableNetworkIsolation"] is True
    assert config["MetricsConfig"]["MetricPublishFrequencyInSeconds"] == 10


def test_the_component_holds_the_model_and_most_of_an_instance(zero: Synthesized) -> None:
    component = zero.serving.only(COMPONENT)
    assert component["InferenceComponentName"] == "twin-local"
    assert component["VariantName"] == variant(zero)["VariantName"]
    (model,) = zero.serving.resources("AWS::SageMaker::Model")
    assert component["Specification"] == {
        "ModelName": {"Fn::GetAtt": [model, "ModelName"]},
        "ComputeResourceRequirements": {
            "MinMemoryRequiredInMb": 1024,
            "NumberOfCpuCoresRequired": 3,
        },
        "StartupParameters": {
            "ContainerStartupHealthCheckTimeoutInSeconds": 60,
            "ModelDataDownloadTimeoutInSeconds": 60,
        },
        "DataCacheConfig": {"EnableCaching": True},
    }
    assert component["RuntimeConfig"] == {"CopyCount": 1}  # a deploy proves the model


def test_the_component_is_created_after_its_endpoint_and_deleted_before_it(
    zero: Synthesized,
) -> None:
    (endpoint,) = zero.serving.resources("AWS::SageMaker::Endpoint")
    ((name, component),) = zero.serving.resources(COMPONENT).items()
    assert component["Properties"]["EndpointName"] == {"Fn::GetAtt": [endpoint, "EndpointName"]}
    (target,) = zero.serving.resources(TARGET).values()
    assert target["DependsOn"] == [name]


def test_copies_are_replaced_by_shares_and_two_alarms_bring_them_back(zero: Synthesized) -> None:
    deployment = zero.serving.only(COMPONENT)["DeploymentConfig"]
    assert deployment["RollingUpdatePolicy"] == {
        "MaximumBatchSize": {"Type": "CAPACITY_PERCENT", "Value": 50},
        "WaitIntervalInSeconds": 0,
    }
    alarms = zero.serving.resources("AWS::CloudWatch::Alarm")
    watched = [a["AlarmName"]["Ref"] for a in deployment["AutoRollbackConfiguration"]["Alarms"]]
    assert {alarms[name]["Properties"]["MetricName"] for name in watched} == {
        "Invocation5XXErrors",
        "FirstChunkModelLatency",
    }
    for alarm in alarms.values():
        dimensions = alarm["Properties"]["Dimensions"]
        assert dimensions == [{"Name": "InferenceComponentName", "Value": "twin-local"}]
    assert "DeploymentConfig" not in zero.serving.only("AWS::SageMaker::Endpoint")


def test_copies_scale_from_none_to_the_most(zero: Synthesized) -> None:
    target = zero.serving.only(TARGET)
    assert target["ResourceId"] == "inference-component/twin-local"
    assert target["ScalableDimension"] == "sagemaker:inference-component:DesiredCopyCount"
    assert (target["MinCapacity"], target["MaxCapacity"]) == (0, 3)
    assert set(policies(zero.serving)) == {"concurrency", "wake"}


def test_the_first_refused_request_starts_exactly_one_copy(zero: Synthesized) -> None:
    assert policies(zero.serving)["wake"]["StepScalingPolicyConfiguration"] == {
        "AdjustmentType": "ExactCapacity",
        "Cooldown": 60,
        "StepAdjustments": [{"MetricIntervalLowerBound": 0, "ScalingAdjustment": 1}],
    }
    (alarm,) = [
        a for a in zero.serving.properties("AWS::CloudWatch::Alarm") if a.get("AlarmActions")
    ]
    (action,) = alarm["AlarmActions"]
    assert zero.serving.raw["Resources"][action["Ref"]]["Properties"]["PolicyName"] == "wake"
    assert alarm["MetricName"] == "NoCapacityInvocationFailures"
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Maximum", 30, 1)
    assert (alarm["EvaluationPeriods"], alarm["DatapointsToAlarm"]) == (1, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "missing"


def test_logs_of_a_component_end_where_its_containers_write(zero: Synthesized) -> None:
    group = zero.serving.only("AWS::Logs::LogGroup")
    assert group["LogGroupName"] == "/aws/sagemaker/InferenceComponents/twin-local"


def test_a_request_may_name_the_endpoint_and_the_component(zero: Synthesized) -> None:
    role = zero.api.function("run.sh")["Role"]["Fn::GetAtt"][0]
    statements = [
        s
        for policy in zero.api.properties("AWS::IAM::Policy")
        if {"Ref": role} in policy["Roles"]
        for s in policy["PolicyDocument"]["Statement"]
        if "sagemaker:InvokeEndpoint" in s["Action"]
    ]
    (statement,) = statements
    assert set(statement["Action"]) == {
        "sagemaker:InvokeEndpoint",
        "sagemaker:InvokeEndpointWithResponseStream",
    }
    endpoint, component = (resource["Fn::Join"][1] for resource in statement["Resource"])
    assert endpoint[-2] == ":endpoint/"
    assert component[-1] == ":inference-component/twin-local"


def test_only_the_streaming_function_shares_the_cold_start_table(
    zero: Synthesized, prod: Synthesized
) -> None:
    table = zero.api.only("AWS::DynamoDB::Table")
    assert table["KeySchema"] == [{"AttributeName": "endpoint", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "endpoint", "AttributeType": "S"}]
    assert table["TimeToLiveSpecification"] == {"AttributeName": "expires", "Enabled": True}
    assert table["BillingMode"] == "PAY_PER_REQUEST"
    (resource,) = zero.api.resources("AWS::DynamoDB::Table").values()
    assert resource["DeletionPolicy"] == "Delete"
    granted = {
        (role, action.removeprefix("dynamodb:"))
        for role in zero.api.resources("AWS::IAM::Role")
        for action, _ in zero.api.rights(role)
        if action.startswith("dynamodb:")
    }
    streaming = zero.api.function("run.sh")["Role"]["Fn::GetAtt"][0]
    assert granted == {(streaming, "GetItem"), (streaming, "UpdateItem")}
    assert not prod.api.resources("AWS::DynamoDB::Table")


def test_fallback_types_are_pools_in_their_order(pooled: Synthesized) -> None:
    hosts = variant(pooled)
    assert "InstanceType" not in hosts
    assert hosts["VariantName"] == "g6e-xlarge"
    assert hosts["InstancePools"] == [
        {"InstanceType": "ml.g6e.xlarge", "Priority": 1},
        {"InstanceType": "ml.g6e.2xlarge", "Priority": 2},
        {"InstanceType": "ml.g6.xlarge", "Priority": 3},
    ]


def test_requests_that_begin_alike_meet_the_same_instance(pooled: Synthesized) -> None:
    assert variant(pooled)["RoutingConfig"] == {
        "RoutingStrategy": "PREFIX_AWARE",
        "PrefixAwareRoutingConfig": {
            "PrefixLength": 2048,
            "ConcurrencyThreshold": 64,  # as many as the engine decodes at once
        },
    }


def test_schedules_move_the_limits_on_the_clock_of_their_zone(pooled: Synthesized) -> None:
    assert pooled.serving.only(TARGET)["ScheduledActions"] == [
        {
            "ScheduledActionName": "office-hours",
            "Schedule": "cron(0 8 ? * MON-FRI *)",
            "Timezone": "Europe/Berlin",
            "ScalableTargetAction": {"MinCapacity": 3},
        },
        {
            "ScheduledActionName": "fair",
            "Schedule": "at(2030-01-31T08:00:00)",
            "Timezone": "UTC",
            "ScalableTargetAction": {"MinCapacity": 4, "MaxCapacity": 4},
        },
    ]


def test_an_engines_own_metric_is_read_from_the_projects_namespace(pooled: Synthesized) -> None:
    (policy,) = policies(pooled.serving).values()
    assert policy["PolicyName"] == "queued-requests"
    tracking = policy["TargetTrackingScalingPolicyConfiguration"]
    assert tracking["TargetValue"] == 3
    assert "PredefinedMetricSpecification" not in tracking
    assert tracking["CustomizedMetricSpecification"] == {
        "Namespace": "twin",
        "MetricName": "QueuedRequestsPerInstance",
        "Dimensions": [{"Name": "EndpointName", "Value": "twin-prod"}],
        "Statistic": "Average",
    }


def tracked(capacity: Any, metric: str) -> dict[str, Any]:
    """The target tracking of a capacity by a metric, alone in a stack."""
    from aws_cdk import App, Stack
    from aws_cdk.assertions import Template as Synthesis

    from stacks.constructs.scaling.realtime_scaling import RealtimeScaling

    stack = Stack(App(), "Stack")
    scaling = AutoscalingConfig.model_validate({"metric": metric, "target": 0.5})
    RealtimeScaling(
        stack,
        "Scaling",
        capacity=capacity,
        scaling=scaling,
        endpoint_name="twin",
        namespace="project",
    )
    (policy,) = Synthesis.from_stack(stack).find_resources(POLICY).values()
    found: dict[str, Any] = policy["Properties"]["TargetTrackingScalingPolicyConfiguration"]
    return found


@pytest.mark.parametrize(
    ("metric", "of_instances", "of_copies"),
    [
        (
            "concurrency",
            "SageMakerVariantConcurrentRequestsPerModelHighResolution",
            "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
        ),
        (
            "invocations",
            "SageMakerVariantInvocationsPerInstance",
            "SageMakerInferenceComponentInvocationsPerCopy",
        ),
    ],
)
def test_sagemakers_metrics_are_per_instance_or_per_copy(
    metric: str, of_instances: str, of_copies: str
) -> None:
    from stacks.constructs.scaling.scalable_dimension import copies_of, instances_of

    for capacity, expected in (
        (instances_of("twin", "g6-xlarge"), of_instances),
        (copies_of("twin"), of_copies),
    ):
        specification = tracked(capacity, metric)["PredefinedMetricSpecification"]
        assert specification == {"PredefinedMetricType": expected}


def test_the_share_of_the_cache_is_an_engines_metric_too() -> None:
    from stacks.constructs.scaling.scalable_dimension import copies_of

    metric = tracked(copies_of("twin"), "kv-cache-use")["CustomizedMetricSpecification"]
    assert metric["MetricName"] == "KvCacheUse"


def described(types: list[str]) -> dict[str, Any]:
    from stacks.constructs.endpoint.component_specification import specification

    preferred, *fallbacks = types
    hosts = RealtimeConfig(instance_type=preferred, fallback_instance_types=fallbacks)
    return specification(SimpleNamespace(name="model"), hosts)  # type: ignore[arg-type]


def test_a_copy_takes_every_gpu_of_any_type() -> None:
    only = described(["ml.g6e.12xlarge", "ml.g5.12xlarge"])["specification"]
    needs = only.compute_resource_requirements
    assert needs.number_of_accelerator_devices_required == 4
    assert needs.number_of_cpu_cores_required is None


def test_a_copy_takes_most_of_each_cpu_type() -> None:
    each = described(["ml.c7i.xlarge", "ml.c7i.4xlarge"])["specifications"]
    assert {
        one.instance_type: one.compute_resource_requirements.number_of_cpu_cores_required
        for one in each
    } == {"ml.c7i.xlarge": 3, "ml.c7i.4xlarge": 12}
