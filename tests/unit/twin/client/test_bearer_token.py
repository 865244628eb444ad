"""Tokens are those of SageMaker's SDK, and an endpoint's address is SageMaker's."""

from __future__ import annotations

from datetime import datetime

import boto3
import pytest
from botocore import auth
from botocore.exceptions import NoCredentialsError, NoRegionError

from twin.client.bearer_token import bearer_token

NOON = datetime(2026, 11, 30, 12)

USERS = (
    "sagemaker-api-key-c2FnZW1ha2VyLmFtYXpvbmF3cy5jb20vP0FjdGlvbj1DYWxsV2l0aEJlYXJlclRva2VuJl"
    "gtQW16LUFsZ29yaXRobT1BV1M0LUhNQUMtU0hBMjU2JlgtQW16LUNyZWRlbnRpYWw9QUtJQUVYQU1QTEUlMkYyMD"
    "I2MTEzMCUyRmV1LXdlc3QtMSUyRnNhZ2VtYWtlciUyRmF3czRfcmVxdWVzdCZYLUFtei1EYXRlPTIwMjYxMTMwVD"
    "EyMDAwMFomWC1BbXotRXhwaXJlcz00MzIwMCZYLUFtei1TaWduZWRIZWFkZXJzPWhvc3QmWC1BbXotU2lnbmF0dX"
    "JlPWU5NmExMzQ3NjhjNjdjNTU5MzUwOWFkZmQ3MTY5ZDZiNGZlMThhZDhhOWYzN2U2NmUyYjlkMWU3NTM1ZTJhZm"
    "YmVmVyc2lvbj0x"
)
"""From `_generate_token` of sagemaker-core 2.27.0 at noon, for 12 hours in eu-west-1."""

SESSIONS = (
    "sagemaker-api-key-c2FnZW1ha2VyLmFtYXpvbmF3cy5jb20vP0FjdGlvbj1DYWxsV2l0aEJlYXJlclRva2VuJl"
    "gtQW16LUFsZ29yaXRobT1BV1M0LUhNQUMtU0hBMjU2JlgtQW16LUNyZWRlbnRpYWw9QVNJQUVYQU1QTEUlMkYyMD"
    "I2MTEzMCUyRmV1LXdlc3QtMSUyRnNhZ2VtYWtlciUyRmF3czRfcmVxdWVzdCZYLUFtei1EYXRlPTIwMjYxMTMwVD"
    "EyMDAwMFomWC1BbXotRXhwaXJlcz0zNjAwJlgtQW16LVNpZ25lZEhlYWRlcnM9aG9zdCZYLUFtei1TZWN1cml0eS"
    "1Ub2tlbj1zZXNzaW9uJTJGdG9rZW4lMkIlM0QmWC1BbXotU2lnbmF0dXJlPTA1NjE2ODZlOWEyM2FkZWU4ODczNz"
    "kzNmYyODM4Mjk2OTIzNTdiYTMxYmRmOTZmYjNiOThkYmRhZmY5ZmQyZWYmVmVyc2lvbj0x"
)
"""The same for an hour, by temporary credentials."""


@pytest.mark.parametrize(
    ("key", "session_token", "seconds", "expected"),
    [
        ("AKIAEXAMPLE", None, 43200, USERS),
        ("ASIAEXAMPLE", "session/token+=", 3600, SESSIONS),
    ],
)
def test_a_token_is_the_sdks(
    monkeypatch: pytest.MonkeyPatch,
    key: str,
    session_token: str | None,
    seconds: int,
    expected: str,
):
    monkeypatch.setattr(auth, "get_current_datetime", lambda: NOON)
    session = boto3.Session(key, "secret", session_token, "eu-west-1")

    assert bearer_token(session, seconds) == expected


@pytest.fixture
def no_surroundings(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> None:
    for name in ("AWS_PROFILE", "AWS_REGION", "AWS_DEFAULT_REGION", "AWS_ACCESS_KEY_ID"):
        monkeypatch.delenv(name, raising=False)
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.mark.usefixtures("no_surroundings")
def test_nothing_is_signed_without_credentials_or_region():
    with pytest.raises(NoCredentialsError):
        bearer_token(boto3.Session(region_name="eu-west-1"))
    with pytest.raises(NoRegionError):
        bearer_token(boto3.Session("AKIAEXAMPLE", "secret"))
