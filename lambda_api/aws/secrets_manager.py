"""Secrets, read from Secrets Manager."""

from __future__ import annotations

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.errors import StorageError
from lambda_api.webhooks.signing import Secrets

_ABSENT = {"ResourceNotFoundException"}
"""The code for a secret that has had one version only."""


def read_secrets(arn: str) -> Secrets:
    """Return the texts of a secret's current version and, after a rotation, of the previous.

    Raises:
        StorageError: The current version cannot be read.
    """
    client = boto3.client("secretsmanager")

    def read(stage: str) -> str:
        return client.get_secret_value(SecretId=arn, VersionStage=stage).get("SecretString", "")

    try:
        current = read("AWSCURRENT")
        try:
            return Secrets(current, read("AWSPREVIOUS"))
        except ClientError as error:
            if error.response["Error"]["Code"] not in _ABSENT:
                raise
            return Secrets(current)
    except (BotoCoreError, ClientError) as error:
        raise _failure(error) from error


def _failure(error: Exception) -> StorageError:
    code = (
        error.response["Error"]["Code"] if isinstance(error, ClientError) else type(error).__name__
    )
    return StorageError("the secret cannot be read", reason=f"Secrets Manager {code}")
