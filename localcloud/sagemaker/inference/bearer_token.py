"""Bearer tokens of SageMaker's OpenAI path: presigned URLs that name their maker.

As the SageMaker SDK's `token_generator` makes them, without asking AWS:
https://docs.aws.amazon.com/sagemaker/latest/dg/realtime-endpoints-openai-compatible.html
"""

from __future__ import annotations

import binascii
from base64 import b64decode
from dataclasses import dataclass
from urllib.parse import parse_qs

from localcloud.ministack_hooks import presigned_failure

PREFIX = "sagemaker-api-key-"
HOST = "sagemaker.amazonaws.com"
ACTION = "CallWithBearerToken"

LONGEST_SECONDS = 12 * 3600
"""Longest that a token may be valid."""


class TokenError(Exception):
    """The token is none, or no longer one; the text says why."""


@dataclass(frozen=True)
class BearerToken:
    """A token whose signature has been checked.

    Attributes:
        credential: the key and the scope that it was signed with, as in an `Authorization` header.
        security_token: token of a session's credentials; empty for a user's.
    """

    credential: str
    security_token: str

    @classmethod
    def read(cls, authorization: str) -> BearerToken:
        """Read an `Authorization` header.

        Raises:
            TokenError: It holds no valid token.
        """
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.startswith(PREFIX):
            raise TokenError(f"Authorization: must be a bearer token that begins with {PREFIX}")
        try:
            url = b64decode(token.removeprefix(PREFIX), validate=True).decode()
        except (binascii.Error, UnicodeDecodeError) as error:
            raise TokenError("the token is not base64") from error
        place, _, parameters = url.partition("?")
        query = parse_qs(parameters)
        if (
            place != f"{HOST}/"
            or query.get("Action") != [ACTION]
            or query.pop("Version", 0) != ["1"]
        ):
            raise TokenError(f"the token is not a presigned URL of {ACTION}")
        if failure := presigned_failure("POST", "/", {"host": HOST}, query):
            raise TokenError(failure)
        if int(query["X-Amz-Expires"][0]) > LONGEST_SECONDS:
            raise TokenError("the token is valid for more than 12 hours")
        credential = query["X-Amz-Credential"][0]
        if credential.split("/")[3] != "sagemaker":
            raise TokenError("the token is not signed for sagemaker")
        return cls(credential, query.get("X-Amz-Security-Token", [""])[0])

    @property
    def headers(self) -> dict[str, str]:
        """The headers of a request that the token's maker would sign."""
        signed = {"authorization": f"AWS4-HMAC-SHA256 Credential={self.credential}"}
        if self.security_token:
            signed["x-amz-security-token"] = self.security_token
        return signed
