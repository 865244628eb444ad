"""Instance types that the region does not have are refused, and what there is instead is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config import ConfigError, load_stage
from tests.support.stage_files import LOCAL, PROD, load, message, write


@pytest.mark.parametrize(
    ("region", "expected"),
    [
        pytest.param(
            "eu-west-1",
            "realtime.instance_type: got 'ml.g6e.xlarge', which eu-west-1 does not have for "
            "endpoints; there is: ml.g5.xlarge, ml.g6.xlarge; ml.g6e.xlarge is in: ap-northeast-1,",
            id="endpoint",
        ),
        pytest.param("eu-west-1", "async.instance_type: got 'ml.g6e.xlarge', which", id="async"),
        *(
            pytest.param(
                region,
                f"batch.instance_type: got 'ml.g6e.xlarge', which {region} does not have for batch",
                id=f"transform in {region}",
            )
            for region in ("eu-central-1", "ap-northeast-1", "eu-north-1")
        ),
    ],
)
def test_a_type_that_the_region_lacks_is_refused(root: Path, region: str, expected: str) -> None:
    assert expected in message(root, PROD, project__region=region)


def test_a_fallback_type_that_the_region_lacks_is_refused_by_its_place(root: Path) -> None:
    told = message(
        root,
        PROD,
        project__region="eu-central-1",
        batch=None,
        realtime__fallback_instance_types=["ml.g6e.2xlarge", "ml.p5.4xlarge"],
    )
    assert "realtime.fallback_instance_types.1: got 'ml.p5.4xlarge'" in told
    assert "fallback_instance_types.0" not in told


def test_a_stage_without_a_region_is_held_to_that_of_the_credentials(root: Path) -> None:
    write(root / "config" / "test.toml", PROD)
    assert load_stage("test", root, "us-east-1").project.region is None
    with pytest.raises(ConfigError, match="which eu-west-1 does not have for endpoints"):
        load_stage("test", root, "eu-west-1")


@pytest.mark.parametrize("region", ["me-south-1", "cn-north-1", "us-gov-west-1", "xx-north-9"])
def test_a_region_without_the_web_adapters_layer_is_refused(root: Path, region: str) -> None:
    write(root / "config" / "test.toml", PROD)
    with pytest.raises(ConfigError, match=f"project.region: got '{region}'; must be a region that"):
        load_stage("test", root, region)


def test_the_local_cloud_has_every_type(root: Path) -> None:
    assert load(root, LOCAL, project__region="eu-central-1").endpoint.instance_type
