"""The check of the secret that signs webhooks, and of the key that encrypts it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from botocore.exceptions import ClientError

from doctor.aws_errors import is_denied
from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from lambda_api.webhooks.signing import SecretError, signing_key
from stacks.config import StageConfig

_CREATE: Final = (
    "aws secretsmanager create-secret --name {name} "
    '''--secret-string "whsec_$(openssl rand -base64 32)"'''
)
_OWN_KEY: Final = "alias/aws/secretsmanager"


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look at the secret, the key and the text, which no template can hold."""
    webhook = config.asynchronous.webhook if config.asynchronous else None
    if webhook is None:
        return
    secrets, name = around.client("secretsmanager"), webhook.secret_name
    key = f"async.webhook.secret_name: {name!r}"
    try:
        described = secrets.describe_secret(SecretId=name)
        if "DeletedDate" in described:
            remedy = f"aws secretsmanager restore-secret --secret-id {name}"
            yield failure(f"{key} is about to be deleted", remedy)
            return
        yield from _key(around, described.get("KmsKeyId"), webhook.key_arn, key)
        signing_key(secrets.get_secret_value(SecretId=name).get("SecretString", ""))
    except secrets.exceptions.ResourceNotFoundException:
        yield failure(f"{key} is no secret in Secrets Manager", _CREATE.format(name=name))
    except SecretError as error:
        yield failure(f"{key}: {error}", _CREATE.format(name=name))
    else:
        yield ok(f"{name} can sign")


def _key(
    around: Surroundings, encrypts: str | None, granted: str | None, key: str
) -> Iterator[Finding]:
    """Look at the key, which must be the one that the delivery function may use."""
    if encrypts is not None and encrypts.endswith(_OWN_KEY):
        encrypts = None
    described = _described(around, granted) if granted is not None else None
    if encrypts is not None and not _is_key(around, encrypts, described):
        yield failure(
            f"{key} is encrypted with {encrypts}, which the delivery function may not use",
            "set async.webhook.key_arn to the ARN of that key",
        )
    if granted is None:
        return
    state = described["KeyState"] if described else "absent"
    if state != "Enabled":
        yield failure(
            f"async.webhook.key_arn: {granted} is {state}", "enable it, or name another key"
        )


def _is_key(around: Surroundings, named: str, key: Mapping[str, Any] | None) -> bool:
    """Tell whether a name is that of a key: a secret has its key's id or ARN, or an alias'.

    https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_DescribeSecret.html
    """
    if key is None or named in {key["KeyId"], key["Arn"]}:
        return key is not None
    try:
        other = _described(around, named)
    except ClientError as error:
        if not is_denied(error):
            raise
        return False  # whoever may look at the one key may look at it by any name
    return other is not None and other["Arn"] == key["Arn"]


def _described(around: Surroundings, key: str) -> Mapping[str, Any] | None:
    """Describe a key; None if there is none."""
    keys = around.client("kms")
    try:
        described: Mapping[str, Any] = keys.describe_key(KeyId=key)["KeyMetadata"]
    except keys.exceptions.NotFoundException:
        return None
    return described
