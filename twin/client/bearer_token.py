"""Bearer tokens of SageMaker's own OpenAI path: presigned URLs, made without asking AWS.

https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-openai-compatible.html
"""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING, Final

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError, NoRegionError

if TYPE_CHECKING:
    import boto3

LONGEST_SECONDS: Final = 12 * 3600
"""Longest that SageMaker takes a token for."""

_HOST: Final = "sagemaker.amazonaws.com"
_PREFIX: Final = "sagemaker-api-key-"


def bearer_token(session: boto3.Session, seconds: int = LONGEST_SECONDS) -> str:
    """Make the token that the `token_generator` of SageMaker's SDK makes.

    Its holder may do what the credentials may with `sagemaker:CallWithBearerToken` and
    `sagemaker:InvokeEndpoint`, on every endpoint that they name. A token of temporary credentials
    ends with them at the latest.

    Args:
        session: Credentials that sign, and the region of the endpoints.
        seconds: Life of the token, 1 to `LONGEST_SECONDS`.

    Raises:
        NoCredentialsError: The session has no credentials.
        NoRegionError: The session has no region.
    """
    credentials = session.get_credentials()
    if credentials is None:
        raise NoCredentialsError
    if session.region_name is None:
        raise NoRegionError
    request = AWSRequest(
        method="POST",
        url=f"https://{_HOST}/",
        headers={"host": _HOST},
        params={"Action": "CallWithBearerToken"},
    )
    # Frozen: a signer reads key and secret one after the other, and a refresh may come between.
    frozen = credentials.get_frozen_credentials()
    signer = SigV4QueryAuth(frozen, "sagemaker", session.region_name, expires=seconds)
    signer.add_auth(request)
    url = f"{str(request.url).removeprefix('https://')}&Version=1"
    return _PREFIX + b64encode(url.encode()).decode()
