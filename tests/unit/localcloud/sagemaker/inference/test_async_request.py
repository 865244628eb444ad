from __future__ import annotations

import pytest

from localcloud.awsjson.service import Scope
from localcloud.sagemaker.inference.async_request import AsyncRequest, read_request
from localcloud.sagemaker.inference.invocation import RuntimeServiceError

SCOPE = Scope("000000000042", "us-east-1")
OUTPUT = {"S3OutputPath": "s3://bucket/out/", "S3FailurePath": "s3://bucket/failed"}


def request(**headers: str) -> AsyncRequest:
    return read_request("e", SCOPE, headers, b"{}", OUTPUT)


def test_defaults_and_places_of_a_request() -> None:
    read = request()
    assert (read.ttl, read.timeout) == (21_600, 900)
    assert str(read.output) == f"s3://bucket/out/{read.inference_id}.out"
    assert str(read.failure) == f"s3://bucket/failed/{read.inference_id}-error.out"


@pytest.mark.parametrize(
    ("headers", "problem"),
    [
        ({"x-amzn-sagemaker-requestttlseconds": "59"}, "valid min value: 60"),
        ({"x-amzn-sagemaker-requestttlseconds": "soon"}, "Invalid type"),
        ({"x-amzn-sagemaker-invocationtimeoutseconds": "3601"}, "less than or equal to 3600"),
        ({"x-amzn-sagemaker-filename": "a.b.c"}, "regular expression"),
        ({"x-amzn-sagemaker-s3outputpathextension": "s3://x"}, "regular expression"),
        ({"x-amzn-sagemaker-inference-id": "x" * 65}, "less than or equal to 64"),
    ],
)
def test_impossible_request_is_refused(headers: dict[str, str], problem: str) -> None:
    with pytest.raises(RuntimeServiceError) as refused:
        request(**headers)
    assert refused.value.code == "ValidationError"
    assert problem in str(refused.value)
