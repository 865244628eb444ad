"""Outputs of a deployed stage: the address of its API, its key, its endpoint."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError
from pydantic import BaseModel, ConfigDict, SecretStr, field_serializer

from stacks.config import StageConfig
from twin.errors import UserError

if TYPE_CHECKING:
    import boto3


class StageOutputs(BaseModel):
    """Outputs of a deployed stage that a client needs to talk to it.

    Attributes:
        api_url: Base of the API's routes, ending in a slash; an OpenAI client's `base_url` is this
            plus `v1`. None at a stage without an API.
        api_key: Sent as `Authorization: Bearer`; empty where the stage uses IAM signatures instead,
            or has no API.
        endpoint_name: The SageMaker endpoint; empty at a monolith, which has none.
        endpoint_url: An OpenAI client's `base_url` past the API, SageMaker's own; it takes a token
            of `twin token` for a key. Empty at a monolith.
        aws_endpoint_url: Origin of the local cloud; none on real AWS.
        region: Region of the stage.
        account: Id of the stage's AWS account.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    api_url: str | None
    api_key: SecretStr
    endpoint_name: str
    endpoint_url: str
    aws_endpoint_url: str | None
    region: str
    account: str

    @field_serializer("api_key")
    def _reveal(self, key: SecretStr) -> str:
        return key.get_secret_value()

    @property
    def openai_base_url(self) -> str:
        """The `base_url` for an OpenAI client: the API's, or the endpoint's without an API."""
        return self.endpoint_url if self.api_url is None else f"{self.api_url}v1"

    def write(self, path: Path) -> None:
        """Save as JSON, readable by this user only: it holds the key."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch(mode=0o600)
        path.write_text(self.model_dump_json(indent=2) + "\n")

    @classmethod
    def read(cls, path: Path) -> StageOutputs:
        """Load what `write` saved.

        Raises:
            FileNotFoundError: Nothing is deployed there.
        """
        return cls.model_validate_json(path.read_text())


class NotDeployedError(UserError):
    """A stack of a stage does not exist."""

    def __init__(self, stack: str, region: str) -> None:
        super().__init__(f"stack {stack} is not deployed in {region}: run `make deploy` first")


def stack_outputs(session: boto3.Session, origin: str | None, stack: str) -> dict[str, str]:
    """Read the outputs of a stack, by name.

    Args:
        session: Credentials and region of the account the stack is in.
        origin: The local cloud's origin, when the stack is there.
        stack: Name of the stack.

    Raises:
        NotDeployedError: There is no such stack.
    """
    cloudformation = session.client("cloudformation", endpoint_url=origin)
    try:
        described = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]
    except ClientError as error:
        if "does not exist" in str(error):
            raise NotDeployedError(stack, session.region_name) from error
        raise
    return {item["OutputKey"]: item["OutputValue"] for item in described.get("Outputs", [])}


def _api_key(session: boto3.Session, origin: str | None, key_id: str | None) -> str:
    if key_id is None:
        return ""
    gateway = session.client("apigateway", endpoint_url=origin)
    return gateway.get_api_key(apiKey=key_id, includeValue=True)["value"]


def read_outputs(
    session: boto3.Session, config: StageConfig, origin: str | None = None
) -> StageOutputs:
    """Read the outputs of a stage from CloudFormation, and its key from API Gateway.

    Args:
        session: Credentials and region of the account the stage is deployed in.
        config: The stage.
        origin: The local cloud's origin, when the stage is there.

    Raises:
        NotDeployedError: A stack of the stage does not exist.
    """
    serving = {}
    if config.realtime is not None:
        serving = stack_outputs(session, origin, config.stack_name("serving"))
    api = stack_outputs(session, origin, config.stack_name("api")) if config.api else {}
    identity = session.client("sts", endpoint_url=origin).get_caller_identity()
    return StageOutputs(
        api_url=reachable(api["ApiUrl"], origin) if api else None,
        api_key=SecretStr(_api_key(session, origin, api.get("ApiKeyId"))),
        endpoint_name=serving.get("EndpointName", ""),
        endpoint_url=endpoint_url(session, config, origin) if serving else "",
        aws_endpoint_url=origin,
        region=session.region_name,
        account=identity["Account"],
    )


def endpoint_url(session: boto3.Session, config: StageConfig, origin: str | None = None) -> str:
    """Return the `base_url` of SageMaker's OpenAI path to a stage's model; AWS is not asked.

    https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-openai-compatible.html

    Args:
        session: Region of the stage.
        config: The stage.
        origin: The local cloud's origin, when the stage is there.

    Raises:
        NoRegionError: The session has no region.
    """
    runtime = session.client("sagemaker-runtime", endpoint_url=origin).meta.endpoint_url
    to_zero = config.scales_to_zero
    component = f"/inference-components/{config.endpoint_name}" if to_zero else ""
    return f"{runtime}/endpoints/{config.endpoint_name}{component}/openai/v1"


def reachable(url: str, origin: str | None) -> str:
    """Return the URL by which this machine reaches an API: the local cloud's is under a path."""
    if origin is None:
        return url
    host, _, path = url.removeprefix("https://").partition("/")
    return f"{origin}/_aws/execute-api/{host.partition('.')[0]}/{path}"
