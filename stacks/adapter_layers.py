"""Layers of AWS's Lambda Web Adapter, which another account publishes.

Release 1.1.0: https://github.com/aws/aws-lambda-web-adapter
"""

from __future__ import annotations

from typing import Final, Literal

Architecture = Literal["arm64", "x86_64"]

FUNCTIONS: Final[Architecture] = "arm64"
"""Architecture of the functions."""
ENGINE: Final[Architecture] = "x86_64"
"""Architecture of a monolith's streaming function, which follows from its engine's wheel."""

OWNER: Final = "753240598075"
VERSION: Final = 30
NAMES: Final[dict[Architecture, str]] = {
    "arm64": "LambdaAdapterLayerArm64",
    "x86_64": "LambdaAdapterLayerX86",
}

REGIONS: Final = frozenset({
    "af-south-1", "ap-east-1", "ap-east-2", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3",
    "ap-south-1", "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3",
    "ap-southeast-4", "ap-southeast-5", "ap-southeast-6", "ap-southeast-7", "ca-central-1",
    "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2",
    "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "mx-central-1",
    "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip
"""Regions that the layer is published to, for arm64 too. China's have accounts and versions of
their own: `.github/workflows/prod.json` and `cn-prod.json` at commit 2912565 of that repository."""


def layer_arn(architecture: Architecture, *, partition: str, region: str) -> str:
    """Return the ARN of the layer for an architecture in a region."""
    name = NAMES[architecture]
    return f"arn:{partition}:lambda:{region}:{OWNER}:layer:{name}:{VERSION}"
