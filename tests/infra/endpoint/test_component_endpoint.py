"""An endpoint that goes to zero: hosts without a model, and copies of a component."""

from __future__ import annotations

from typing import Any

from tests.support.synthesized import Synthesized

COMPONENT = "AWS::SageMaker::InferenceComponent"
TARGET = "AWS::ApplicationAutoScaling::ScalableTarget"


def variant(stage: Synthesized) -> dict[str, Any]:
    (only,) = stage.serving.only("AWS::SageMaker::EndpointConfig")["ProductionVariants"]
    found: dict[str, Any] = only
    return found


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
