"""Errors of AWS end a command with one sentence that says what to do."""

from __future__ import annotations

import sys
from pathlib import Path

import boto3
import pytest
from botocore import exceptions as sdk

from doctor.aws_errors import aws_sentence
from twin import cli


def refused(code: str, message: str = "no") -> sdk.ClientError:
    return sdk.ClientError({"Error": {"Code": code, "Message": message}}, "DescribeStacks")


@pytest.mark.parametrize(
    ("error", "advice"),
    [
        (sdk.NoRegionError(), "set project.region in the stage's config, or AWS_DEFAULT_REGION"),
        (sdk.NoCredentialsError(), "run `aws configure` or `aws sso login`, or set AWS_PROFILE"),
        (sdk.PartialCredentialsError(provider="env", cred_var="x"), "no complete credentials"),
        (sdk.ProfileNotFound(profile="p"), "(p) could not be found: set AWS_PROFILE to one of"),
        (sdk.UnauthorizedSSOTokenError(), "cannot be renewed"),
        (sdk.TokenRetrievalError(provider="sso", error_msg="gone"), "sign in again"),
        (
            sdk.EndpointConnectionError(endpoint_url="https://sts.eu-wst-1.amazonaws.com/"),
            "check the network, the proxy and the region's name",
        ),
        (sdk.ConnectTimeoutError(endpoint_url="https://x"), "check the network and the proxy"),
        (refused("ExpiredToken"), "the credentials have expired: sign in again"),
        (refused("InvalidClientTokenId"), "AWS does not know the credentials"),
        (refused("RequestExpired"), "set this machine's clock"),
        (
            refused("AccessDenied", "User: arn:x is not authorized to perform: y"),
            "the credentials may not do this: User: arn:x is not authorized to perform: y. Ask for "
            "the right to DescribeStacks",
        ),
        (refused("ValidationError", "odd\nindeed."), "refused DescribeStacks (ValidationError): o"),
        (sdk.DataNotFoundError(data_path="x"), "the AWS SDK failed: "),
    ],
)
def test_an_error_is_one_line_with_what_to_do(error: Exception, advice: str):
    sentence = aws_sentence(error)

    assert advice in sentence
    assert "\n" not in sentence
    assert "Traceback" not in sentence


@pytest.mark.parametrize("command", ["outputs", "chat"])
def test_a_machine_that_knows_no_region_is_told_so_and_sees_no_traceback(
    command: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
):
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "none"))
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)
    monkeypatch.setattr(sys, "argv", ["twin", command, "--stage", "prod"])

    with pytest.raises(SystemExit) as exit_:
        cli.main()

    assert exit_.value.code == 2
    err = capsys.readouterr().err
    assert err.startswith("error: no region is known: set project.region")
    assert err.count("\n") == 1
