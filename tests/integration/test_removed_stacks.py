"""Stacks that a stage's config no longer names are found by their tag when it is destroyed."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError, WaiterError
from typer.testing import CliRunner

from tests.support import stage_files
from twin.cli import app
from twin.commands import stages
from twin.commands.account import deploy
from twin.errors import UserError

TOPIC = {"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}
BUCKET = {"Resources": {"Jobs": {"Type": "AWS::S3::Bucket"}}}
EXPORTING = {
    **BUCKET,
    "Outputs": {"Name": {"Value": {"Ref": "Jobs"}, "Export": {"Name": "twin-prod:jobs"}}},
}
IMPORTING = {
    "Resources": {
        "Topic": {
            "Type": "AWS::SNS::Topic",
            "Properties": {"DisplayName": {"Fn::ImportValue": "twin-prod:jobs"}},
        }
    }
}


@pytest.fixture
def stacks(cloud_environment, tmp_path, monkeypatch):
    """Makes stacks of a stage `prod`, which has neither [async] nor [batch]; gives their names."""
    for name, value in cloud_environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_ENDPOINT_URL", cloud_environment["AWS_ENDPOINT_URL_S3"])
    (tmp_path / "config").mkdir()
    changes = {"async": None, "batch": None, "project__region": "us-east-1"}
    stage_files.write(tmp_path / "config" / "prod.toml", stage_files.PROD, **changes)
    monkeypatch.setattr(stages, "PROJECT", tmp_path)
    client = boto3.client("cloudformation")

    def delete_own(*_: str) -> int:
        """Delete as the CDK command line does: what config names, until one is held back."""
        for name in names() & {"twin-prod-serving"}:
            try:
                client.delete_stack(StackName=name)
                client.get_waiter("stack_delete_complete").wait(StackName=name)
            except (ClientError, WaiterError):
                return 1
        return 0

    monkeypatch.setattr(deploy, "run_cdk", delete_own)

    def make(name: str, template=TOPIC, stage: str = "twin-prod") -> None:
        client.create_stack(
            StackName=name,
            TemplateBody=json.dumps(template),
            Tags=[{"Key": "llm-twin:stage", "Value": stage}],
        )
        client.get_waiter("stack_create_complete").wait(StackName=name)

    def names() -> set[str]:
        pages = client.get_paginator("describe_stacks").paginate()
        found = [stack for page in pages for stack in page["Stacks"]]
        return {s["StackName"] for s in found if s["StackStatus"] != "DELETE_COMPLETE"}

    yield make, names
    for name in names():
        client.delete_stack(StackName=name)
        client.get_waiter("stack_delete_complete").wait(StackName=name)


def destroy(*options: str):
    return CliRunner().invoke(app, ["destroy", "--stage", "prod", *options])


def test_what_holds_data_is_named_and_left(stacks):
    make, names = stacks
    make("twin-prod-async", BUCKET)
    make("twin-prod-ci")
    make("twin-prod-serving", BUCKET)
    make("twin-prod-eu-batch", BUCKET, stage="twin-prod-eu")

    result = destroy()

    assert isinstance(result.exception, UserError)
    assert "twin-prod-async is left: its section is no longer" in str(result.exception)
    assert "holds bucket " in str(result.exception)
    assert "--removed twin-prod-async" in str(result.exception)
    assert names() == {"twin-prod-async", "twin-prod-eu-batch"}


def test_who_says_no_deletes_nothing(stacks, monkeypatch):
    make, names = stacks
    make("twin-prod-ci")
    make("twin-prod-serving", BUCKET)
    monkeypatch.setattr(deploy, "run_cdk", lambda *_: 0)  # as the CLI ends after a "no"

    assert destroy().exit_code == 0

    assert names() == {"twin-prod-ci", "twin-prod-serving"}


def test_what_imports_from_the_stage_goes_first_by_name(stacks):
    make, names = stacks
    make("twin-prod-serving", EXPORTING)
    make("twin-prod-batch", IMPORTING)

    held = destroy()

    assert held.exit_code == 1
    assert "--removed twin-prod-batch" in held.stderr
    assert names() == {"twin-prod-batch", "twin-prod-serving"}

    assert destroy("--removed", "twin-prod-batch").exit_code == 0
    assert names() == set()


def test_what_the_stage_imports_from_goes_after_it(stacks):
    make, names = stacks
    make("twin-prod-async", EXPORTING)
    make("twin-prod-serving", IMPORTING)

    assert destroy("--removed", "twin-prod-async").exit_code == 0

    assert names() == set()


def test_what_is_named_goes(stacks):
    make, names = stacks
    make("twin-prod-async", BUCKET)

    result = destroy("--removed", "twin-prod-async")

    assert result.exit_code == 0, result.output
    assert "twin-prod-async: no section of config stands for it: deleting" in result.stderr
    assert names() == set()


def test_a_name_of_no_removed_stack_is_refused_and_deletes_nothing(stacks):
    make, names = stacks
    make("twin-prod-async", BUCKET)
    make("twin-prod-serving", BUCKET)

    result = destroy("--removed", "twin-prod-serving")

    assert "--removed: got twin-prod-serving; must be one of twin-prod-async" in str(
        result.exception
    )
    assert names() == {"twin-prod-async", "twin-prod-serving"}


def test_without_aws_the_destruction_is_said_to_be_unchecked(stacks, monkeypatch):
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")

    result = destroy()

    assert result.exit_code == 0
    assert "warning: stacks that config no longer names were not looked for" in result.stderr
