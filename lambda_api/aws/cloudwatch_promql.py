"""CloudWatch's PromQL API, asked for one number at a time.

The metrics that SageMaker collects from engines are OpenTelemetry metrics, which only PromQL reads:
docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch-PromQL-API-QueryMetrics.html
"""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import urllib3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest

if TYPE_CHECKING:
    from boto3.session import Session
    from botocore.credentials import Credentials
    from types_boto3_cloudwatch import CloudWatchClient

_SIGNING_NAME = "monitoring"
# CloudWatch gives up on a query after 20 s.
_TIMEOUT = urllib3.Timeout(connect=5, read=22)


class PromQLError(Exception):
    """A query without an answer; the message has the query and the reply."""


class PromQL:
    """The PromQL API of an account in a region.

    Args:
        origin: CloudWatch's address, without a path.
        region: The region that requests are signed for.
        credentials: The credentials that requests are signed with.

    Attributes:
        url: The address that queries are sent to.
    """

    def __init__(self, origin: str, region: str, credentials: Credentials) -> None:
        self.url = f"{origin.rstrip('/')}/api/v1/query"
        self._region = region
        self._credentials = credentials
        self._pool = urllib3.PoolManager(retries=False, timeout=_TIMEOUT)

    @classmethod
    def beside(cls, client: CloudWatchClient, session: Session) -> Self:
        """Return the API at the address of a CloudWatch client, with the session's credentials.

        Raises:
            PromQLError: The session has no credentials.
        """
        credentials = session.get_credentials()
        if credentials is None:
            raise PromQLError("there are no AWS credentials to sign queries with")
        return cls(client.meta.endpoint_url, client.meta.region_name, credentials)

    def value(self, query: str) -> float | None:
        """Return the present value of a query's one series; None if there is none, or no number.

        Args:
            query: PromQL whose result is a vector of at most one series.

        Raises:
            PromQLError: There is no answer, or one of another kind.
        """
        answer = self._ask(query)
        try:
            found = [float(series["value"][1]) for series in answer["data"]["result"]]
        except (LookupError, TypeError, ValueError):
            raise PromQLError(f"query {query}: the answer is no vector") from None
        if len(found) > 1:
            raise PromQLError(f"query {query}: got {len(found)} series, one is expected")
        return next(filter(math.isfinite, found), None)

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _ask(self, query: str) -> Any:  # noqa: ANN401 - checked where it is read
        body = urlencode({"query": query}).encode()
        headers = self._signed({"Content-Type": "application/x-www-form-urlencoded"}, body)
        try:
            answer = self._pool.request("POST", self.url, body=body, headers=headers)
        except urllib3.exceptions.HTTPError as error:
            raise PromQLError(f"query {query}: {type(error).__name__}") from error
        if answer.status != 200:
            said = answer.data[:500].decode(errors="replace")
            raise PromQLError(f"query {query}: got status {answer.status}, 200 is expected: {said}")
        try:
            return json.loads(answer.data)
        except ValueError:
            raise PromQLError(f"query {query}: the answer is no JSON") from None

    def _signed(self, headers: dict[str, str], body: bytes) -> dict[str, str]:
        request = AWSRequest("POST", self.url, headers=headers, data=body)
        credentials = self._credentials.get_frozen_credentials()
        SigV4Auth(credentials, _SIGNING_NAME, self._region).add_auth(request)
        return dict(request.headers.items())
