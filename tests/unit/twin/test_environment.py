"""The region that commands look in is the one that the CDK command line deploys to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.fake_cdk import FakeCdk
from twin.cdk import run_cdk
from twin.environment import deploying_region

PROFILES = "[default]\nregion = eu-north-1\n[profile team]\nregion = us-west-2\n[profile bare]\n"
# The first is what boto3 itself gets wrong: it knows AWS_DEFAULT_REGION and the profile alone.
NAMED = [
    ({"AWS_REGION": "eu-central-1", "AWS_PROFILE": "team"}, "eu-central-1"),
    ({"AWS_REGION": "eu-central-1", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-central-1"),
    ({"AWS_REGION": "", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-1"),
    ({"AMAZON_REGION": "eu-west-3", "AWS_DEFAULT_REGION": "eu-west-1"}, "eu-west-3"),
    ({"AWS_PROFILE": "team"}, "us-west-2"),
    ({"AWS_DEFAULT_PROFILE": "team"}, "us-west-2"),
    ({"AWS_PROFILE": "bare"}, "eu-north-1"),
    ({"AWS_PROFILE": "absent"}, "eu-north-1"),
    ({}, "eu-north-1"),
]


@pytest.fixture(params=NAMED, ids=[" ".join(map("=".join, one.items())) for one, _ in NAMED])
def region(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The region that an environment names; it holds for the test."""
    variables, expected = request.param
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return str(expected)


def test_commands_and_the_cdk_are_told_one_region(
    region: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_cdk = FakeCdk.install(tmp_path, monkeypatch)

    run_cdk("diff")

    assert deploying_region() == fake_cdk.region() == region


def test_no_region_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_cdk = FakeCdk.install(tmp_path, monkeypatch)

    run_cdk("diff")

    assert deploying_region() is None
    assert fake_cdk.region() == ""


def test_a_profile_for_the_cdk_alone_keeps_its_region(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_cdk = FakeCdk.install(tmp_path, monkeypatch)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    run_cdk("deploy", "--profile", "team")

    assert fake_cdk.region() == ""
