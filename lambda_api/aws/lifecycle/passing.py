"""Refusals of AWS's that pass by themselves, told apart from those that do not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import Final

from botocore.exceptions import ClientError, HTTPClientError
from botocore.exceptions import ConnectionError as NoConnectionError

from lambda_api.rollouts.ports import PassingError

_THROTTLED: Final = frozenset(
    {
        "LimitExceededException",
        "PriorRequestNotComplete",
        "RequestLimitExceeded",
        "RequestThrottled",
        "RequestThrottledException",
        "SlowDown",
        "Throttling",
        "ThrottledException",
        "ThrottlingException",
        "TooManyRequestsException",
        "TooManyUpdates",
    }
)
"""Codes of throttling: those in botocore/retries/standard.py, and Parameter Store's own."""


@contextmanager
def passing_refusals() -> Iterator[None]:
    """Raise one error for all refusals that may pass: the state machine takes the step again.

    boto3 tries a few times within seconds; a throttled account can take minutes.

    Raises:
        PassingError: AWS throttled, failed by itself, or could not be reached.
    """
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        if code in _THROTTLED or status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise PassingError(str(error)) from error
        raise
    except (NoConnectionError, HTTPClientError) as error:
        raise PassingError(str(error)) from error
