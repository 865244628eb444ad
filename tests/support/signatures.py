"""OpenAI's client with a signature in place of a key."""

from __future__ import annotations

from collections.abc import Generator

import httpx2
import openai
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from openai import OpenAI

from twin.outputs import StageOutputs

INVOKE = """{
  "Version": "2012-10-17",
  "Statement": [{"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}]
}"""
"""The policy of who may call every API."""


class Signature(httpx2.Auth):
    """SigV4 for API Gateway, in place of the client's key."""

    requires_request_body = True

    def __init__(self, credentials: Credentials, region: str) -> None:
        self._signer = SigV4Auth(credentials, "execute-api", region)

    def auth_flow(
        self, request: httpx2.Request
    ) -> Generator[httpx2.Request, httpx2.Response, None]:
        signed = AWSRequest(request.method, str(request.url), data=request.content)
        self._signer.add_auth(signed)
        del request.headers["authorization"]
        request.headers.update(dict(signed.headers.items()))
        yield request


def signing_client(stage: StageOutputs, credentials: Credentials) -> OpenAI:
    """Return a client of a stage that signs with these credentials."""
    return OpenAI(
        base_url=stage.openai_base_url,
        api_key="none",
        max_retries=0,
        http_client=openai.DefaultHttpxClient(auth=Signature(credentials, stage.region)),
    )
