"""The value of the stage's parameter, read and written."""

from __future__ import annotations

import pytest

from lambda_api.rollouts.schemas import ServedVersion
from tests.support.service.rollout_world import served


def test_a_value_is_read_as_it_was_written() -> None:
    version = served(12)
    assert ServedVersion.parse(version.value) == version
    assert version.number == 12


@pytest.mark.parametrize(
    "value",
    [
        "",
        "rubbish",
        "a,b,c",
        "arn:aws:sagemaker:us-east-1:1:model-package/twin/x,s3://b/models/d/,d",
        "arn:aws:sagemaker:us-east-1:1:model-package/twin/1,s3://b/models/d/,other",
        "arn:aws:sagemaker:us-east-1:1:model-package/twin/1,s3://b/models/d/,d,more",
    ],
)
def test_a_value_that_no_rollout_wrote_is_no_version(value: str) -> None:
    assert ServedVersion.parse(value) is None


def test_a_request_without_a_version_has_number_zero() -> None:
    assert ServedVersion(package="", uri="", digest="").number == 0
