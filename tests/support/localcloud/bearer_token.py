"""Bearer tokens as `sagemaker.core.token_generator` makes them, by botocore alone."""

from __future__ import annotations

from base64 import b64encode

from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.support.localcloud.cloud import Cloud


def bearer_token(
    cloud: Cloud,
    *,
    expires: int = 43200,
    secret: str = "local",
    service: str = "sagemaker",
    action: str = "CallWithBearerToken",
) -> str:
    host = "sagemaker.amazonaws.com"
    request = AWSRequest(
        method="POST",
        url=f"https://{host}/",
        headers={"host": host},
        params={"Action": action},
    )
    settings = cloud.settings
    credentials = Credentials(settings.account, secret)
    SigV4QueryAuth(credentials, service, settings.region, expires=expires).add_auth(request)
    url = f"{request.url.removeprefix('https://')}&Version=1"
    return f"sagemaker-api-key-{b64encode(url.encode()).decode()}"
