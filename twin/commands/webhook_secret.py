"""The check of a webhook's secret before a deployment: no template can hold it, nor check it."""

from __future__ import annotations

import boto3
import typer
from botocore.exceptions import BotoCoreError, ClientError

from lambda_api.webhooks.signing import SecretError, signing_key
from stacks.config import ConfigError, load_stage
from twin.environment import PROJECT
from twin.errors import UserError, as_user_error


@as_user_error(ConfigError)
def check_webhook_secret(stage: str) -> None:
    """Refuse a stage whose webhook has a secret that cannot sign.

    Raises:
        UserError: There is no such stage, or its secret is missing or cannot sign.
    """
    config = load_stage(stage, PROJECT)
    webhook = config.asynchronous.webhook if config.asynchronous else None
    if webhook is None:
        return
    key = f"async.webhook.secret_name: {webhook.secret_name!r}"
    try:
        signing_key(_text_of(webhook.secret_name, config.project.region))
    except SecretError as error:
        raise UserError(f"{key}: {error}") from error
    except (BotoCoreError, ClientError) as error:
        if _is_missing(error):
            raise UserError(
                f"{key} is no secret in Secrets Manager; create it first, with whsec_ and the "
                "base64 of 32 random bytes"
            ) from error
        # Who may deploy need not be allowed to read it; the delivery function checks it too.
        typer.echo(f"warning: {key} could not be checked: {error}", err=True)


def _text_of(name: str, region: str | None) -> str:
    client = boto3.Session(region_name=region).client("secretsmanager")
    return client.get_secret_value(SecretId=name).get("SecretString", "")


def _is_missing(error: Exception) -> bool:
    return (
        isinstance(error, ClientError)
        and error.response["Error"]["Code"] == "ResourceNotFoundException"
    )
