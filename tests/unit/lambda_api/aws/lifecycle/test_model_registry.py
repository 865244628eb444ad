"""A version's objects, as the bucket lists them."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest

from lambda_api.aws.lifecycle.model_registry import ModelRegistry
from lambda_api.rollouts.schemas import ServedVersion

MANIFEST = json.dumps({"files": [{"name": "model.gguf", "size": 4}]}).encode()
WHOLE = {"models/d.json": len(MANIFEST), "models/d/model.gguf": 4}
VERSION = ServedVersion(package="", uri="s3://b/models/d/", digest="d")


class Bucket:
    """S3, with objects of some sizes."""

    def __init__(self, objects: dict[str, int]) -> None:
        self._objects = objects

    def get_object(self, **_: str) -> dict[str, Any]:
        return {"Body": io.BytesIO(MANIFEST)}

    def get_paginator(self, _: str) -> Bucket:
        return self

    def paginate(self, *, Prefix: str, **_: str) -> list[dict[str, Any]]:  # noqa: N803 - boto3's name
        found = self._objects.items()
        return [{"Contents": [{"Key": k, "Size": s} for k, s in found if k.startswith(Prefix)]}]


@pytest.mark.parametrize(
    ("objects", "archived", "missing"),
    [
        (WHOLE, False, None),
        (WHOLE, True, "s3://b/models/d.tar.gz"),
        ({**WHOLE, "models/d.tar.gz": 9}, True, None),
        ({**WHOLE, "models/d/model.gguf": 3}, False, "s3://b/models/d/model.gguf"),
    ],
)
def test_a_version_is_whole_with_what_the_stage_reads_of_it(
    objects: dict[str, int], archived: bool, missing: str | None
) -> None:
    s3: Any = Bucket(objects)
    sagemaker: Any = None
    registry = ModelRegistry(sagemaker, s3, group="", bucket="b", archived=archived)
    assert registry.missing_weights(VERSION) == missing
