"""Errors of AWS and of its SDK, each as a sentence with a remedy."""

from __future__ import annotations

from typing import Final, TypeAlias

from botocore import exceptions as sdk

AwsError: TypeAlias = sdk.BotoCoreError | sdk.ClientError

AWS_ERRORS: Final = (sdk.BotoCoreError, sdk.ClientError)
"""The two roots of everything that boto3 raises."""

_SIGN_IN: Final = "sign in again (`aws sso login`, or new keys) and repeat the command"

# docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, and STS's and EC2's names for them.
_CODES: Final = {
    "ExpiredToken": f"the credentials have expired: {_SIGN_IN}",
    "ExpiredTokenException": f"the credentials have expired: {_SIGN_IN}",
    "RequestExpired": "the request is too old for AWS: set this machine's clock",
    "InvalidClientTokenId": f"AWS does not know the credentials: {_SIGN_IN}",
    "UnrecognizedClientException": f"AWS does not know the credentials: {_SIGN_IN}",
    "SignatureDoesNotMatch": f"the secret key does not belong to the access key: {_SIGN_IN}",
    "OptInRequired": "the account has not opted in to this region: enable it, or name another one",
    "ThrottlingException": "AWS is asked too much at once: repeat the command in a minute",
    "Throttling": "AWS is asked too much at once: repeat the command in a minute",
}
# S3 answers a denied HEAD with the bare status.
_DENIED: Final = {"AccessDenied", "AccessDeniedException", "UnauthorizedOperation", "403"}

_KINDS: Final[tuple[tuple[type[Exception] | tuple[type[Exception], ...], str], ...]] = (
    (
        sdk.NoRegionError,
        "no region is known: set project.region in the stage's config, or AWS_DEFAULT_REGION",
    ),
    (
        (sdk.NoCredentialsError, sdk.PartialCredentialsError),
        "no complete credentials were found: run `aws configure` or `aws sso login`, or set "
        "AWS_PROFILE",
    ),
    (sdk.ProfileNotFound, "{error}: set AWS_PROFILE to one of `aws configure list-profiles`"),
    (
        (sdk.SSOError, sdk.TokenRetrievalError, sdk.CredentialRetrievalError),
        f"the credentials cannot be renewed ({{error}}): {_SIGN_IN}",
    ),
    (
        sdk.EndpointConnectionError,
        "AWS cannot be reached ({error}): check the network, the proxy and the region's name",
    ),
    (
        (sdk.HTTPClientError, sdk.ConnectTimeoutError, sdk.ReadTimeoutError),
        "the connection to AWS failed ({error}): check the network and the proxy, and repeat the "
        "command",
    ),
)


def is_denied(error: AwsError) -> bool:
    """Tell whether AWS refuses an operation to this caller."""
    return isinstance(error, sdk.ClientError) and _code(error) in _DENIED


def is_unreachable(error: AwsError) -> bool:
    """Tell whether a service gives no answer."""
    return isinstance(error, sdk.HTTPClientError)


def aws_sentence(error: AwsError) -> str:
    """Return an error with a remedy, as a single line."""
    if isinstance(error, sdk.ClientError):
        return _refusal(error)
    for kind, sentence in _KINDS:
        if isinstance(error, kind):
            return sentence.format(error=_one_line(error).rstrip("."))
    return f"the AWS SDK failed: {_one_line(error)}"


def _refusal(error: sdk.ClientError) -> str:
    code = _code(error)
    if code in _DENIED:
        return (
            f"the credentials may not do this: {_message(error)} Ask for the right to "
            f"{error.operation_name}, or use a role that has it"
        )
    return _CODES.get(code, f"AWS refused {error.operation_name} ({code}): {_message(error)}")


def _code(error: sdk.ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))


def _message(error: sdk.ClientError) -> str:
    message = " ".join(str(error.response.get("Error", {}).get("Message", "")).split())
    return message if message.endswith(".") else f"{message}."


def _one_line(error: Exception) -> str:
    return " ".join(str(error).split())
