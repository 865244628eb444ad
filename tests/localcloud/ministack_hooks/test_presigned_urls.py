"""Presigned URLs at the host that they name: S3 looks at the region, the host and the signature."""

from __future__ import annotations

from typing import Any

import boto3
import httpx2
import pytest
from botocore.config import Config

from tests.support.eventually import LONG
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import unique

KEY = "a b/ä.txt"
REGIONAL: dict[str, Any] = {
    "signature_version": "s3v4",
    "s3": {"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
}
GLOBAL: dict[str, Any] = {"signature_version": "s3v4"}


def client(cloud: Cloud, region: str, **options: Any) -> Any:
    return boto3.Session().client(
        "s3",
        region_name=region,
        aws_access_key_id=cloud.settings.account,
        aws_secret_access_key="local",
        **options,
    )


@pytest.fixture(scope="module", params=["us-east-1", "eu-west-1"])
def bucket(cloud: Cloud, request: pytest.FixtureRequest) -> tuple[str, str]:
    """A bucket with an object, and its region."""
    name, region = unique("signed"), str(request.param)
    s3 = client(cloud, region, endpoint_url=cloud.settings.origin)
    where = {"CreateBucketConfiguration": {"LocationConstraint": region}}
    s3.create_bucket(Bucket=name, **({} if region == "us-east-1" else where))
    s3.put_object(Bucket=name, Key=KEY, Body=b"content")
    return name, region


def presigned(cloud: Cloud, bucket: str, region: str, config: dict[str, Any]) -> httpx2.URL:
    """A URL of real S3."""
    s3 = client(cloud, region, config=Config(**config))
    params = {"Bucket": bucket, "Key": KEY}
    return httpx2.URL(s3.generate_presigned_url("get_object", Params=params))


def fetched(cloud: Cloud, url: httpx2.URL, host: str = "") -> httpx2.Response:
    """What the local cloud answers at the URL's host."""
    here = url.copy_with(scheme="http", host="127.0.0.1", port=cloud.settings.port)
    return httpx2.get(here, headers={"host": host or url.host}, timeout=LONG)


def test_regional_url_opens_the_object(cloud: Cloud, bucket: tuple[str, str]) -> None:
    name, region = bucket
    url = presigned(cloud, name, region, REGIONAL)
    assert url.host == f"{name}.s3.{region}.amazonaws.com"
    assert fetched(cloud, url).content == b"content"


def test_url_signed_for_another_region_does_not(cloud: Cloud, bucket: tuple[str, str]) -> None:
    name, region = bucket
    answer = fetched(cloud, presigned(cloud, name, "ap-south-1", REGIONAL))
    assert answer.status_code == 301
    assert answer.headers["x-amz-bucket-region"] == region


def test_url_of_another_host_than_it_was_signed_for_does_not(
    cloud: Cloud, bucket: tuple[str, str]
) -> None:
    name, region = bucket
    url = presigned(cloud, name, region, REGIONAL)
    answer = fetched(cloud, url, f"{name}.s3.amazonaws.com")
    assert answer.status_code == 403
    assert "SignatureDoesNotMatch" in answer.text


def test_global_url_of_another_region_is_sent_away(cloud: Cloud) -> None:
    name = unique("away")
    region = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
    client(cloud, "eu-west-1", endpoint_url=cloud.settings.origin).create_bucket(
        Bucket=name, **region
    )
    url = presigned(cloud, name, "us-east-1", GLOBAL)
    assert url.host == f"{name}.s3.amazonaws.com"
    assert fetched(cloud, url).status_code == 301


def test_old_signature_is_refused(cloud: Cloud, bucket: tuple[str, str]) -> None:
    name, region = bucket
    answer = fetched(cloud, presigned(cloud, name, region, {"signature_version": "s3"}))
    assert answer.status_code == 400
    assert "Please use AWS4-HMAC-SHA256" in answer.text
