"""An account of the local cloud, made ready for a stage, and those who look at it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import boto3

from doctor.surroundings import Surroundings
from stacks.account_reads import (
    BOOTSTRAP_VERSION,
    CONDITIONS,
    SCALING_ROLE,
    SCALING_SERVICE,
    account_reads,
)
from stacks.adapter_layers import FUNCTIONS, NAMES, OWNER, VERSION
from stacks.config import StageConfig
from tests.support.eventually import poll
from tests.support.localcloud.cloud import Cloud, package
from tests.support.model_files import entry, write_checkpoint

REGION = "us-east-1"
KEY = "whsec_" + "Z29vZCBrZXkg" * 3
"""A secret that can sign."""

NOTHING = {"Effect": "Deny", "Action": "*", "Resource": "*"}
"""A statement by which its owner may do nothing."""

NO_HUB = "http://127.0.0.1:1"
"""A hub at which nobody listens."""


def publish_adapter(cloud: Cloud) -> None:
    """Publish the versions of the Lambda Web Adapter up to the one that functions take."""
    functions = Account(cloud, OWNER, Path()).client("lambda")
    name, content = NAMES[FUNCTIONS], {"ZipFile": package({"extensions/adapter": ""})}
    for _ in range(VERSION):
        functions.publish_layer_version(LayerName=name, Content=content)
    functions.add_layer_version_permission(
        LayerName=name,
        VersionNumber=VERSION,
        StatementId="public",
        Action="lambda:GetLayerVersion",
        Principal="*",
    )


class Account:
    """One account; accounts of a cloud know nothing of each other."""

    def __init__(self, cloud: Cloud, number: str, root: Path) -> None:
        self.number, self._cloud, self._root = number, cloud, root
        # All accounts share the names of buckets.
        self.bucket = f"weights-{number}"
        self.session = boto3.Session(number, "local", region_name=REGION)

    def client(self, service: str) -> Any:
        create: Any = self.session.client
        return create(service, endpoint_url=self._cloud.settings.origin)

    def around(self, session: boto3.Session | None = None, hub: str = NO_HUB) -> Surroundings:
        """What the account's root user sees of it, or the owner of a session."""
        origin = self._cloud.settings.origin
        return Surroundings(session or self.session, self._root, origin, hub)

    def may(self, name: str, statements: Iterable[Mapping[str, Any]]) -> boto3.Session:
        """A session of a new role that may do what the statements say."""
        iam, sts = self.client("iam"), self.client("sts")
        trust = {"Effect": "Allow", "Principal": {"AWS": self.number}, "Action": "sts:AssumeRole"}
        policy = json.dumps({"Version": "2012-10-17", "Statement": [*statements]})
        role = iam.create_role(
            RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [trust]})
        )["Role"]
        iam.put_role_policy(RoleName=name, PolicyName="any", PolicyDocument=policy)
        key = sts.assume_role(RoleArn=role["Arn"], RoleSessionName="me")["Credentials"]
        return boto3.Session(
            key["AccessKeyId"], key["SecretAccessKey"], key["SessionToken"], region_name=REGION
        )

    def reads(self, config: StageConfig) -> list[dict[str, Any]]:
        """Statements that allow what doctor may look at, on what it looks at."""
        place = {"partition": "aws", "region": REGION, "account": self.number}
        service = {"kms:ViaService": f"secretsmanager.{REGION}.amazonaws.com"}
        return [
            {
                "Effect": "Allow",
                "Action": action,
                "Resource": [resource.format(**place) for resource in resources],
                "Condition": {"StringEquals": service} if action in CONDITIONS else {},
            }
            for action, resources in account_reads(config).items()
        ]

    def bootstrap(self, version: str = "30") -> None:
        self.client("ssm").put_parameter(Name=BOOTSTRAP_VERSION, Value=version, Type="String")

    def publish_images(self, config: StageConfig) -> None:
        registry = self.client("ecr")
        for repository in {image.repository for image in config.images}:
            registry.create_repository(repositoryName=repository)
        for image in config.images:
            registry.put_image(
                repositoryName=image.repository, imageTag=image.tag, imageManifest="{}"
            )

    def link_scaling(self) -> None:
        path, trust = f"/aws-service-role/{SCALING_SERVICE}/", json.dumps({"Statement": []})
        self.client("iam").create_role(
            RoleName=SCALING_ROLE, Path=path, AssumeRolePolicyDocument=trust
        )

    def create_stack(self, name: str, resources: Mapping[str, Any], **options: Any) -> str:
        """Create a stack, and return the status that it ends in."""
        stacks = self.client("cloudformation")
        template = json.dumps({"Resources": resources})
        stacks.create_stack(StackName=name, TemplateBody=template, **options)

        def status() -> str:
            return str(stacks.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

        return poll(status, lambda text: not text.endswith("IN_PROGRESS"))

    def make_ready(self, config: StageConfig, directory: Path) -> None:
        """Give the account all that a stage with weights in a bucket and a webhook asks for."""
        self.bootstrap()
        self.publish_images(config)
        self.link_scaling()
        objects = self.client("s3")
        objects.create_bucket(Bucket=self.bucket)
        tensors = {"a": entry("BF16", [4], 0, 8)}
        for file in write_checkpoint(directory / "model", tensors, 8).iterdir():
            objects.put_object(
                Bucket=self.bucket, Key=f"twin/v1/{file.name}", Body=file.read_bytes()
            )
        objects.put_object(Bucket=self.bucket, Key="twin/v1/tokenizer.json", Body=b"{}")
        objects.put_object(Bucket=self.bucket, Key="twin/v1.tar.gz", Body=b"packed")
        secrets = self.client("secretsmanager")
        webhook = config.asynchronous.webhook if config.asynchronous else None
        key = {"KmsKeyId": webhook.key_arn} if webhook and webhook.key_arn else {}
        secrets.create_secret(Name="twin/webhook", SecretString=KEY, **key)
