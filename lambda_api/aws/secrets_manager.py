"""Reads a secret from Secrets Manager: the only module that calls it."""

from __future__ import annotations

import boto3


def read_secret(arn: str) -> str:
    """The secret's text."""
    text: str = boto3.client("secretsmanager").get_secret_value(SecretId=arn)["SecretString"]
    return text
