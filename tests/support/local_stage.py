"""A copy of what is deployed, for tests that deploy and change it."""

from __future__ import annotations

import shutil
from pathlib import Path

from tests.support.stages_of_local import split_local
from tests.support.webhook_receiver import SECRET, WebhookReceiver
from twin.environment import PROJECT
from twin.local.cloud import LocalCloud

_WEBHOOK = """
[async.webhook]
url = "{url}"
secret_name = "twin/webhook"
"""

_SIGNED = {
    'auth = "key" ': 'auth = "iam"\niam_owner = "role" ',
    'store = "snapshot" ': 'store = "s3-vectors" ',
}
"""What the signed stage says in the place of what `local` says."""


def copy_checkout(directory: Path) -> Path:
    """Copy the config with the stages of `split_local`, the stacks, the service, the demo model."""
    for name in ("config", "stacks", "lambda_api", "features", "model_artifacts/demo"):
        shutil.copytree(
            PROJECT / name, directory / name, ignore=shutil.ignore_patterns("__pycache__")
        )
    split_local(directory / "config")
    for name in ("app.py", "cdk.json"):
        shutil.copy(PROJECT / name, directory / name)
    (PROJECT / ".build").mkdir(exist_ok=True)
    (directory / ".build").symlink_to(PROJECT / ".build")
    return directory


def add_webhook(checkout: Path, receiver: WebhookReceiver) -> None:
    """Have the stage `local` tell a receiver of background responses."""
    with (checkout / "config" / "local.toml").open("a") as config:
        config.write(_WEBHOOK.format(url=receiver.url))


def keep_secret(cloud: LocalCloud) -> None:
    """Put the webhook's secret where the stage finds it; before the deployment."""
    secrets = cloud.session.client("secretsmanager", endpoint_url=cloud.settings.origin)
    secrets.create_secret(Name="twin/webhook", SecretString=SECRET)


def add_signed_stage(checkout: Path) -> str:
    """Write the stage `local` with signatures and S3 Vectors, and without background responses."""
    config = checkout / "config"
    before, rest = (config / "local.toml").read_text().split("\n[async]", 1)
    text = before + "\n[batch]" + rest.split("\n[batch]", 1)[1].split("\n[async.webhook]")[0]
    for said, instead in _SIGNED.items():
        assert said in text, said
        text = text.replace(said, instead)
    (config / "signed.toml").write_text(text)
    return "signed"
