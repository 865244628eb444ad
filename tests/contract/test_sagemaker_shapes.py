"""Every answer of our control planes, as it is sent, against botocore's output shapes."""

from __future__ import annotations

from typing import Any

from localcloud.awsjson.shapes import service_model
from localcloud.sagemaker.inference.invocation import RuntimeServiceError
from tests.support.services import (
    COMPONENT,
    ROLE,
    TAGS,
    TARGET,
    Client,
    assert_fits,
    create_config,
)


def test_models_and_configs(call: Client) -> None:
    create_config(call)
    arn = call("sagemaker", "DescribeModel", ModelName="M")["ModelArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:000000000042:model/m"
    assert len(call("sagemaker", "ListModels")["Models"]) == 1
    assert call("sagemaker", "AddTags", ResourceArn=arn, Tags=TAGS)["Tags"] == TAGS
    call("sagemaker", "DeleteTags", ResourceArn=arn, TagKeys=["team"])
    assert call("sagemaker", "ListTags", ResourceArn=arn)["Tags"] == []
    call("sagemaker", "DescribeEndpointConfig", EndpointConfigName="C")
    assert len(call("sagemaker", "ListEndpointConfigs")["EndpointConfigs"]) == 1
    call("sagemaker", "DeleteEndpointConfig", EndpointConfigName="C")
    call("sagemaker", "DeleteModel", ModelName="M")
    assert call("sagemaker", "ListModels") == {"Models": []}


def test_endpoints(call: Client) -> None:
    create_config(call)
    call("sagemaker", "CreateEndpoint", EndpointName="E", EndpointConfigName="C", Tags=TAGS)
    found = call("sagemaker", "DescribeEndpoint", EndpointName="E")
    assert found["EndpointStatus"] == "Creating"
    found = settled(call, "Endpoint", "E")
    assert "no-such-flag" in found["FailureReason"]
    assert call("sagemaker", "ListEndpoints")["Endpoints"][0]["EndpointStatus"] == "Failed"
    call("sagemaker", "DeleteEndpoint", EndpointName="E")


def test_inference_components(call: Client) -> None:
    create_config(call)
    hosting = {
        "VariantName": "a",
        "InstancePools": [{"InstanceType": "ml.c5.large", "Priority": 1}],
        "InitialInstanceCount": 1,
        "ManagedInstanceScaling": {
            "Status": "ENABLED",
            "MinInstanceCount": 0,
            "MaxInstanceCount": 2,
        },
    }
    config = {"EndpointConfigName": "H", "ExecutionRoleArn": ROLE}
    call("sagemaker", "CreateEndpointConfig", **config, ProductionVariants=[hosting])
    call("sagemaker", "CreateEndpoint", EndpointName="E", EndpointConfigName="H")
    found = settled(call, "Endpoint", "E")
    assert found["ProductionVariants"][0]["InstancePools"][0]["CurrentInstanceCount"] == 1
    arn = call("sagemaker", "CreateInferenceComponent", **COMPONENT)["InferenceComponentArn"]
    assert arn == "arn:aws:sagemaker:us-east-1:000000000042:inference-component/i"
    found = settled(call, "InferenceComponent", "I")
    assert (found["InferenceComponentStatus"], found["VariantName"]) == ("Failed", "a")
    assert "no-such-flag" in found["FailureReason"]
    listed = call("sagemaker", "ListInferenceComponents", EndpointNameEquals="E")
    assert [one["InferenceComponentArn"] for one in listed["InferenceComponents"]] == [arn]
    assert call("sagemaker", "ListInferenceComponents", EndpointNameEquals="other") == {
        "InferenceComponents": []
    }
    call("sagemaker", "DeleteInferenceComponent", InferenceComponentName="I")


def settled(call: Client, kind: str, name: str) -> dict[str, Any]:
    """Describe something once it is no longer being created."""
    status = "Creating"
    while status == "Creating":
        found = call("sagemaker", f"Describe{kind}", **{f"{kind}Name": name})
        status = found[f"{kind}Status"]
    return found


def test_scalable_targets(call: Client) -> None:
    def scaling(operation: str, **parameters: Any) -> dict[str, Any]:
        return call("application-autoscaling", operation, **parameters)

    arn = scaling("RegisterScalableTarget", **TARGET, MinCapacity=1, MaxCapacity=2)[
        "ScalableTargetARN"
    ]
    scaling("RegisterScalableTarget", **TARGET, MaxCapacity=3)
    (target,) = scaling("DescribeScalableTargets", ServiceNamespace="sagemaker")["ScalableTargets"]
    assert (target["MinCapacity"], target["MaxCapacity"]) == (1, 3)
    scaling("TagResource", ResourceARN=arn, Tags={"team": "twins"})
    scaling("UntagResource", ResourceARN=arn, TagKeys=["other"])
    assert scaling("ListTagsForResource", ResourceARN=arn) == {"Tags": {"team": "twins"}}
    predefined = "SageMakerVariantConcurrentRequestsPerModelHighResolution"
    tracking = {
        "TargetValue": 5.0,
        "PredefinedMetricSpecification": {"PredefinedMetricType": predefined},
    }
    policy = {"PolicyName": "p", "PolicyType": "TargetTrackingScaling"}
    body = {"TargetTrackingScalingPolicyConfiguration": tracking}
    scaling("PutScalingPolicy", **TARGET, **policy, **body)
    found = scaling("DescribeScalingPolicies", ServiceNamespace="sagemaker", PolicyNames=["p"])
    assert found["ScalingPolicies"][0]["TargetTrackingScalingPolicyConfiguration"] == tracking
    scaling("DeleteScalingPolicy", **TARGET, PolicyName="p")
    action = {"ScheduledActionName": "night", "Schedule": "cron(0 20 * * ? *)"}
    capacity = {"MinCapacity": 0, "MaxCapacity": 0}
    scaling("PutScheduledAction", **TARGET, **action, ScalableTargetAction=capacity)
    found = scaling("DescribeScheduledActions", ServiceNamespace="sagemaker")
    assert found["ScheduledActions"][0]["ScalableTargetAction"] == capacity
    scaling("DeleteScheduledAction", **TARGET, ScheduledActionName="night")
    assert scaling("DescribeScalingActivities", ServiceNamespace="sagemaker") == {
        "ScalingActivities": []
    }
    scaling("DeregisterScalableTarget", **TARGET)
    assert scaling("DescribeScalableTargets", ServiceNamespace="sagemaker") == {
        "ScalableTargets": []
    }


def test_runtime_errors_are_modelled() -> None:
    model = service_model("sagemaker-runtime").operation_model("InvokeEndpoint")
    shapes = {shape.name: shape for shape in model.error_shapes}
    error = RuntimeServiceError(
        "ModelError",
        "text",
        status=424,
        OriginalStatusCode=500,
        OriginalMessage="m",
        LogStreamArn="a",
    )
    assert_fits(shapes[error.code], error.document)
    assert shapes[error.code].metadata["error"]["httpStatusCode"] == error.status
