"""What botocore reports, as this service's errors."""

from __future__ import annotations

import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    EventStreamError,
    NoCredentialsError,
    ReadTimeoutError,
)
from urllib3.exceptions import ProtocolError

from lambda_api import error_status, errors
from lambda_api.aws.sagemaker_errors import translate, translate_midway

URL = "https://runtime.sagemaker.us-east-1.amazonaws.com/endpoints/twin-prod/invocations"

ACCOUNT = "123456789012"


def refused(code, message, status=400, **fields):
    response = {
        "Error": {"Code": code, "Message": message},
        "ResponseMetadata": {"HTTPStatusCode": status},
        **fields,
    }
    return ClientError(response, "InvokeEndpoint")


def from_engine(status, message=""):
    text = (
        f'Received client error ({status}) from primary with message "{message}". See '
        f"https://us-east-1.console.aws.amazon.com/cloudwatch in account {ACCOUNT}"
    )
    fields = {"OriginalStatusCode": status, "OriginalMessage": message}
    return refused("ModelError", text, 424, **fields)


@pytest.mark.parametrize(
    ("raised", "kind", "status"),
    [
        (
            refused("ValidationError", f"Endpoint twin-prod of account {ACCOUNT} not found."),
            errors.EndpointMissingError,
            404,
        ),
        (
            refused(
                "ValidationError", "Inference Component has no capacity to process this request"
            ),
            errors.NoCapacityError,
            503,
        ),
        (
            refused("ValidationError", "Endpoint twin-prod is not InService"),
            errors.NotReadyError,
            503,
        ),
        (refused("ValidationError", "1 validation error detected"), errors.UpstreamError, 502),
        (refused("ThrottlingException", "Rate exceeded"), errors.ThrottledError, 429),
        (refused("Whatever", "", 429), errors.ThrottledError, 429),
        (refused("ModelNotReadyException", "", 429), errors.NotReadyError, 503),
        (refused("ServiceUnavailable", "", 503), errors.NotReadyError, 503),
        (refused("InternalFailure", "", 500), errors.UpstreamError, 502),
        (refused("InternalDependencyException", "", 530), errors.UpstreamError, 502),
        (refused("AccessDeniedException", f"arn:aws:{ACCOUNT}", 403), errors.UpstreamError, 502),
        (from_engine(400, "too long"), errors.InvalidRequestError, 400),
        (from_engine(422, "too long"), errors.InvalidRequestError, 400),
        (
            from_engine(400, "This model's maximum context length is 8 tokens"),
            errors.ContextLengthError,
            400,
        ),
        (from_engine(422, "`inputs` must have less than 8"), errors.ContextLengthError, 400),
        (from_engine(413, "too large"), errors.RequestTooLargeError, 413),
        (from_engine(404, "no route"), errors.EngineError, 502),
        (from_engine(429, "busy"), errors.ThrottledError, 429),
        (from_engine(500, "CUDA out of memory"), errors.EngineError, 502),
        (from_engine(503, "loading"), errors.NotReadyError, 503),
        (from_engine(504, ""), errors.UpstreamTimeoutError, 504),
        (
            from_engine(0, "Your invocation timed out while waiting for a response from container"),
            errors.UpstreamTimeoutError,
            504,
        ),
        (ReadTimeoutError(endpoint_url=URL), errors.UpstreamTimeoutError, 504),
        (ConnectTimeoutError(endpoint_url=URL), errors.UpstreamTimeoutError, 504),
        (EndpointConnectionError(endpoint_url=URL), errors.UpstreamError, 502),
        (NoCredentialsError(), errors.UpstreamError, 502),
    ],
)
def test_a_failed_call_has_its_status_and_leaks_nothing(raised, kind, status):
    error = translate(raised)

    assert type(error) is kind
    assert error_status.status_of(error) == status
    for internal in (ACCOUNT, "arn:", "amazonaws", "twin-prod", "CUDA"):
        assert internal not in error.message


@pytest.mark.parametrize(
    ("raised", "kind"),
    [
        ("ModelStreamError: StreamBroken", errors.StreamBrokenError),
        ("ModelStreamError: the model timed out", errors.UpstreamTimeoutError),
        ("InternalStreamFailure: ", errors.StreamBrokenError),
        (ProtocolError("Connection broken"), errors.StreamBrokenError),
        (ReadTimeoutError(endpoint_url=URL), errors.UpstreamTimeoutError),
        (ConnectionResetError(), errors.StreamBrokenError),
    ],
)
def test_a_broken_stream_has_its_kind(raised, kind):
    if isinstance(raised, str):
        code, _, message = raised.partition(": ")
        response = {"Error": {"Code": code, "Message": message}}
        raised = EventStreamError(response, "InvokeEndpointWithResponseStream")

    assert type(translate_midway(raised)) is kind
