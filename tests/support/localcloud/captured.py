"""What an endpoint's data capture wrote."""

from __future__ import annotations

import json
from typing import Any

from tests.support.localcloud.deployment import BUCKET, Deployment

CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": f"s3://{BUCKET}/captured/",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
}


def captured(deployment: Deployment, variant: str) -> list[dict[str, Any]]:
    """The lines of a variant."""
    s3 = deployment.cloud.client("s3")
    prefix = f"captured/{deployment.endpoint}/{variant}/"
    found = s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", [])
    bodies = [s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in found]
    return [json.loads(line) for body in bodies for line in body.splitlines()]
