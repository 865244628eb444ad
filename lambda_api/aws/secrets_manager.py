"""Secrets, read from Secrets Manager."""

from __future__ import annotations

import boto3


def read_secret(arn: str) -> str:
    """Return a secret's text."""
    text: str = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return text
