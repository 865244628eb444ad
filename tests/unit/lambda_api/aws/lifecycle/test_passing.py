"""Which refusals of AWS's pass by themselves."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, EndpointConnectionError

from lambda_api.aws.lifecycle.passing import passing_refusals
from lambda_api.rollouts.ports import PassingError


def refusal(code: str, status: int = 400) -> ClientError:
    metadata = {"HTTPStatusCode": status}
    answer = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": metadata}
    return ClientError(answer, "UpdateStack")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "error",
    [
        refusal("Throttling"),
        refusal("ThrottlingException"),
        refusal("SlowDown", 503),
        refusal("InternalFailure", 500),
        ConnectionClosedError(endpoint_url="https://example.com"),
        EndpointConnectionError(endpoint_url="https://example.com"),
    ],
)
def test_what_passes_is_told_by_the_name_that_the_state_machine_knows(error: Exception) -> None:
    with pytest.raises(PassingError), passing_refusals():
        raise error


@pytest.mark.parametrize("error", [refusal("ValidationError"), refusal("AccessDenied", 403)])
def test_what_stays_refused_is_raised_as_it_is(error: Exception) -> None:
    with pytest.raises(ClientError), passing_refusals():
        raise error
