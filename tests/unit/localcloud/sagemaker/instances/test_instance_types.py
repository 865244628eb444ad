from __future__ import annotations

import pytest

from localcloud.sagemaker.instances.errors import DeploymentFailedError
from localcloud.sagemaker.instances.instance_types import Size, size_of


@pytest.mark.parametrize(
    ("kind", "size"),
    [
        ("ml.c5.large", Size(0, 2, 4 * 1024)),
        ("ml.g5.2xlarge", Size(1, 8, 32 * 1024)),
        ("ml.g6e.12xlarge", Size(4, 48, 384 * 1024)),
        ("ml.p4d.24xlarge", Size(8, 96, 1152 * 1024)),
        ("ml.inf2.48xlarge", Size(12, 192, 768 * 1024)),
    ],
)
def test_sizes_are_those_of_ec2(kind: str, size: Size) -> None:
    assert size_of(kind) == size


def test_size_that_is_not_known_is_said_to_be() -> None:
    with pytest.raises(DeploymentFailedError, match="not emulated: the size of"):
        size_of("ml.g7.2xlarge")
