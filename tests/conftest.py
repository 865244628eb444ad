"""No test sees the AWS account, region or settings of the machine it runs on."""

from __future__ import annotations

import os
from pathlib import Path

import boto3
import pytest

for _name in [name for name in os.environ if name.startswith(("AWS_", "TWIN_", "POWERTOOLS_"))]:
    del os.environ[_name]
os.environ |= {
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": os.devnull,
    "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
}

ONE_WORKER = ("e2e", "infra", "integration", "localcloud")
"""Folders whose fixtures cost seconds a session: with several workers, each stays on one."""
ONE_STAGE = ("test_deployed_scaling",)
"""Modules that deploy a stage of their own, and mostly wait for its clock."""


@pytest.fixture(autouse=True)
def _own_boto3_session(monkeypatch: pytest.MonkeyPatch) -> None:
    """boto3's default session keeps the credentials it found first: none is left to other tests."""
    monkeypatch.setattr(boto3, "DEFAULT_SESSION", None)


LAST = "test_lifecycle"
"""The module that changes the shared stage, and in the end destroys it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: item.path.stem == LAST)
    for item in items:
        folder = item.path.relative_to(Path(__file__).parent).parts[0]
        if folder in ONE_WORKER:
            stage = item.path.stem if item.path.stem in ONE_STAGE else folder
            item.add_marker(pytest.mark.xdist_group(stage))
        if folder == "e2e":
            item.add_marker(pytest.mark.e2e)
