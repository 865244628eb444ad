"""The key of a webhook's secret: the same by each of its names, and no other."""

from __future__ import annotations

import uuid
from collections.abc import Callable

import pytest
from botocore.exceptions import ClientError

from doctor.checks import webhook
from stacks.config import StageConfig
from tests.support.localcloud.account import KEY, Account

SECRET = "twin/webhook"


def looked_at(account: Account, stage: Callable[..., StageConfig], key: str) -> list[str]:
    """What whoever has the listed reads is told about a secret and the key that config names."""
    section = {"url": "https://example.com/hooks", "secret_name": SECRET, "key_arn": key}
    config = stage(async__webhook=section)
    session = account.may(f"role-{uuid.uuid4()}", account.reads(config))
    return [finding.message for finding in webhook.look(account.around(session), config)]


def new_key(account: Account) -> dict[str, str]:
    """A key, by each of the names that a secret may have of it."""
    keys = account.client("kms")
    made = keys.create_key()["KeyMetadata"]
    keys.create_alias(AliasName="alias/hooks", TargetKeyId=made["KeyId"])
    alias = made["Arn"].replace(f"key/{made['KeyId']}", "alias/hooks")
    return {"id": made["KeyId"], "arn": made["Arn"], "alias": "alias/hooks", "alias arn": alias}


@pytest.mark.parametrize("name", ["id", "arn", "alias", "alias arn"])
def test_a_key_is_known_by_each_of_its_names(
    account: Account, stage: Callable[..., StageConfig], name: str
) -> None:
    key = new_key(account)
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=KEY, KmsKeyId=key[name])

    assert looked_at(account, stage, key["arn"]) == [f"{SECRET} can sign"]


def test_another_key_is_not_the_one_that_config_names(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    keys = account.client("kms")
    other = keys.create_key()["KeyMetadata"]
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=KEY, KmsKeyId=other["KeyId"])
    key = new_key(account)["arn"]
    section = {"url": "https://example.com/hooks", "secret_name": SECRET, "key_arn": key}
    found = [*webhook.look(account.around(), stage(async__webhook=section))]

    assert [finding.outcome for finding in found] == ["failure", "ok"]
    assert f"is encrypted with {other['KeyId']}, which the delivery" in found[0].message


def test_a_secret_is_read_only_by_whoever_may_use_its_key(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    key = new_key(account)["arn"]
    secrets = account.client("secretsmanager")
    secrets.create_secret(Name=SECRET, SecretString=KEY, KmsKeyId=key)
    section = {"url": "https://example.com/hooks", "secret_name": SECRET, "key_arn": key}
    config = stage(async__webhook=section)
    reads = [one for one in account.reads(config) if one["Action"] != "kms:Decrypt"]
    session = account.may("no-decrypt", reads)

    with pytest.raises(ClientError, match="not authorized to perform: kms:Decrypt"):
        [*webhook.look(account.around(session), config)]
