"""URLs that others use are for the bucket's own region and host."""

from __future__ import annotations

from urllib.parse import parse_qs, urlsplit

import pytest

from lambda_api.aws.s3 import S3Store


@pytest.mark.parametrize("region", ["eu-west-1", "us-east-1", "ap-southeast-5"])
def test_a_presigned_url_names_the_bucket_in_its_region(
    region: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.setenv("AWS_DEFAULT_REGION", region)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    store = S3Store.connect("twin-jobs")

    for url in (store.download_url("files/x", 60), store.upload_url("files/x", 60, 7)):
        parts = urlsplit(url)
        assert parts.netloc == f"twin-jobs.s3.{region}.amazonaws.com"
        assert parts.path == "/files/x"
        assert f"/{region}/s3/aws4_request" in parse_qs(parts.query)["X-Amz-Credential"][0]
