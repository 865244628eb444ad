"""The registry's stack, and the stacks that take their version from its parameter."""

from __future__ import annotations

import json
from collections.abc import Callable

from lambda_api.rollouts.deployment import STACK_PARAMETER
from tests.support.synthesized import Synthesized

PARAMETER = "AWS::SSM::Parameter::Value<List<String>>"


def test_the_registry_outlives_its_stack(registered: Synthesized) -> None:
    registry = registered.stacks["registry"]
    for kind in ("AWS::SageMaker::ModelPackageGroup", "AWS::S3::Bucket"):
        (resource,) = registry.resources(kind).values()
        # Kept, but for a first deployment that fails: a name that stays is in the second one's way.
        assert resource["DeletionPolicy"] == "RetainExceptOnCreate"
        assert resource["UpdateReplacePolicy"] == "Retain"
    assert registry.only("AWS::S3::Bucket")["VersioningConfiguration"] == {"Status": "Enabled"}


def test_another_account_reads_versions_and_weights_and_writes_nothing(
    registered: Synthesized,
) -> None:
    registry = registered.stacks["registry"]
    group = registry.only("AWS::SageMaker::ModelPackageGroup")
    (statement,) = group["ModelPackageGroupPolicy"]["Statement"]
    assert {action.split(":")[1] for action in statement["Action"]} == {
        "DescribeModelPackageGroup",
        "ListModelPackages",
        "DescribeModelPackage",
        "CreateModel",
    }
    resources = json.dumps(statement["Resource"])
    assert "model-package-group/twin-models" in resources
    assert "model-package/twin-models/*" in resources
    statements = registry.only("AWS::S3::BucketPolicy")["PolicyDocument"]["Statement"]
    shared = {each["Action"]: each for each in statements if each["Effect"] == "Allow"}
    assert sorted(shared) == ["s3:GetObject", "s3:ListBucket"]
    # A read of an object has no s3:prefix: a missing one would be forbidden, not absent.
    assert not any("Condition" in each for each in shared.values())


def test_every_stage_has_the_same_registry(
    registered: Synthesized, lifecycle: Synthesized, synthesize: Callable[..., Synthesized]
) -> None:
    again = synthesize("prod", model={"hub": None, "registry": True}, asynchronous=None, batch=None)
    assert again.stacks["registry"].raw == lifecycle.stacks["registry"].raw
    assert again.stacks["registry"].raw != registered.stacks["registry"].raw


def test_a_registry_of_another_account_is_not_deployed(
    synthesize: Callable[..., Synthesized],
) -> None:
    foreign = synthesize(
        "prod",
        model={"hub": None, "registry": True},
        registry={"account": "444455556666"},
        asynchronous=None,
        batch=None,
    )
    assert "registry" not in foreign.stacks
    rollout = foreign.stacks["rollout"]
    assert rollout.only("AWS::Events::EventBusPolicy")["Principal"] == "444455556666"
    assert "sagemaker:UpdateModelPackage" not in json.dumps(rollout.statements())
    assert "twin-models-444455556666-" in json.dumps(foreign.serving.raw)


def test_all_stacks_take_the_version_from_one_parameter(registered: Synthesized) -> None:
    for name in ("serving", "async", "batch"):
        template = registered.stacks[name]
        parameter = template.raw["Parameters"][STACK_PARAMETER]
        assert (parameter["Type"], parameter["Default"]) == (PARAMETER, "/twin/prod/model")
        model = template.only("AWS::SageMaker::Model")
        tags = {tag["Key"]: tag["Value"] for tag in model["Tags"]}
        assert tags["model-package"] == {"Fn::Select": [0, {"Ref": STACK_PARAMETER}]}
    container = registered.serving.only("AWS::SageMaker::Model")["PrimaryContainer"]
    source = container["ModelDataSource"]["S3DataSource"]
    assert source["S3Uri"] == {"Fn::Select": [1, {"Ref": STACK_PARAMETER}]}
    archived = registered.batch.only("AWS::SageMaker::Model")["PrimaryContainer"]
    assert {"Fn::Select": [2, {"Ref": STACK_PARAMETER}]} in archived["ModelDataUrl"]["Fn::Join"][1]


def test_the_model_reads_all_versions_and_nothing_else(registered: Synthesized) -> None:
    objects = [
        json.dumps(statement["Resource"])
        for statement in registered.serving.statements()
        if "s3:GetObject" in statement["Action"] and "models" in json.dumps(statement["Resource"])
    ]
    assert len(objects) == 1
    assert "/models/*" in objects[0]


def test_a_job_reads_the_archives_and_looks_at_nothing(registered: Synthesized) -> None:
    policies = registered.batch.resources("AWS::IAM::Policy")
    (policy,) = (policies[name]["Properties"] for name in policies if "ReadWeights" in name)
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert statement["Action"] == "s3:GetObject"
    assert "/models/*.tar.gz" in json.dumps(statement["Resource"])


def test_outputs_say_what_is_to_serve(registered: Synthesized, lifecycle: Synthesized) -> None:
    for template in (registered.serving, registered.asynchronous, lifecycle.serving):
        assert {"EndpointConfigName", "VariantName"} <= {*template.outputs}
        is_serving = template is not registered.asynchronous
        assert ("ModelPackage" in template.outputs) is is_serving
