"""The version of a stage with a registry, as doctor finds it in an account of the local cloud."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from doctor.checks.served_version import look
from doctor.findings import Finding
from lambda_api.rollouts.schemas import ServedVersion
from stacks.config import StageConfig
from tests.support import stage_files
from tests.support.eventually import poll
from tests.support.localcloud.account import REGION, Account
from tests.support.localcloud.deployment import IMAGE

DIGEST = "0123456789abcdef"


@pytest.fixture
def config(tmp_path: Path) -> StageConfig:
    (tmp_path / "config").mkdir()
    changes = {"model__hub": None, "model__revision": None, "model__registry": True}
    return stage_files.load(tmp_path, stage_files.PROD, **changes, batch__model_archive=None)


@pytest.fixture
def found(account: Account, config: StageConfig) -> Callable[[], Finding]:
    """Returns what doctor finds with the rights that are listed for it."""
    session = account.may("doctor", account.reads(config))

    def finding() -> Finding:
        (one,) = look(account.around(session), config)
        return one

    return finding


def put(account: Account, config: StageConfig, value: str) -> None:
    account.client("ssm").put_parameter(
        Name=config.version_parameter, Value=value, Type="StringList", Overwrite=True
    )


def register(account: Account, config: StageConfig) -> ServedVersion:
    """Register a version; return it as the parameter names it."""
    client, name = account.client("sagemaker"), config.model_registry.group
    groups = client.list_model_package_groups()["ModelPackageGroupSummaryList"]
    if not groups:
        client.create_model_package_group(ModelPackageGroupName=name)
    uri = f"s3://twin-models-{account.number}-{REGION}/models/{DIGEST}/"
    source = {"S3Uri": uri, "S3DataType": "S3Prefix", "CompressionType": "None"}
    made = client.create_model_package(
        ModelPackageGroupName=name,
        InferenceSpecification={
            "Containers": [{"Image": IMAGE, "ModelDataSource": {"S3DataSource": source}}],
            "SupportedContentTypes": ["application/json"],
        },
        CustomerMetadataProperties={"digest": DIGEST},
    )
    return ServedVersion(package=made["ModelPackageArn"], uri=uri, digest=DIGEST)


def deploy(account: Account, config: StageConfig, **outputs: str) -> None:
    """Deploy a stack of outputs in the place of the one that serves."""
    template: dict[str, Any] = {
        "Resources": {"Handle": {"Type": "AWS::CloudFormation::WaitConditionHandle"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    stacks, name = account.client("cloudformation"), config.model_stacks[0]
    stacks.create_stack(StackName=name, TemplateBody=json.dumps(template))
    poll(
        lambda: stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"],
        lambda status: status == "CREATE_COMPLETE",
    )


def test_a_stage_before_its_first_version_is_told_the_commands(
    found: Callable[[], Finding],
) -> None:
    finding = found()
    assert (finding.outcome, "no version yet" in finding.message) == ("warning", True)
    assert "twin model push DIR --stage test" in finding.remedy


@pytest.mark.parametrize(
    ("changed", "problem"),
    [
        ({}, "must be written by a rollout"),
        ({"digest": "f" * 16}, "must be a version of group twin"),
        ({"bucket": "another"}, "must be a version of group twin"),
        ({"number": "9"}, "must be a version of group twin"),
    ],
)
def test_an_edited_parameter_is_a_failure(
    account: Account,
    config: StageConfig,
    found: Callable[[], Finding],
    changed: dict[str, str],
    problem: str,
) -> None:
    served = register(account, config)
    package = served.package[:-1] + changed.get("number", "1")
    digest = changed.get("digest", DIGEST)
    bucket = changed.get("bucket", f"twin-models-{account.number}-{REGION}")
    value = f"{package},s3://{bucket}/models/{digest}/,{digest}" if changed else "rubbish,by,hand"
    put(account, config, value)
    finding = found()
    assert (finding.outcome, problem in finding.message) == ("failure", True)
    assert finding.remedy == "twin model rollback --stage test --to VERSION"


def test_version_and_type_are_not_changed_at_once(
    account: Account, config: StageConfig, found: Callable[[], Finding]
) -> None:
    first, second = register(account, config), register(account, config)
    put(account, config, second.value)
    assert found() == Finding("ok", "version 2 of twin")
    deploy(account, config, VariantName="ml-g5-xlarge", ModelPackage=first.package)
    finding = found()
    assert finding.outcome == "failure"
    assert "ml-g5-xlarge serves version 1 and version 2 is to come" in finding.message
    assert "rollback --stage test --to 1" in finding.remedy
    put(account, config, first.value)
    assert found() == Finding("ok", "version 1 of twin")
