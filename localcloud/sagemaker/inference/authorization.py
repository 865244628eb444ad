"""Permission to invoke an endpoint, and the component that a request names."""

from __future__ import annotations

from collections.abc import Mapping

from localcloud.awsjson.service import Scope
from localcloud.ministack_hooks.iam import AccessDeniedError, require
from localcloud.sagemaker.inference.invocation import RuntimeServiceError

ACTIONS = {
    "invocations": "sagemaker:InvokeEndpoint",
    "invocations-response-stream": "sagemaker:InvokeEndpointWithResponseStream",
    "async-invocations": "sagemaker:InvokeEndpointAsync",
}
"""The runtime's actions, by the last part of the path."""


def authorize(
    headers: Mapping[str, str], action: str, endpoint: str, component: str | None
) -> None:
    """Ask IAM for an action on the endpoint, and on the component if there is one.

    Raises:
        RuntimeServiceError: The caller may not.
    """
    caller = Scope.of_request()
    resources = [caller.arn("sagemaker", f"endpoint/{endpoint}".lower())]
    if component:
        resources.append(caller.arn("sagemaker", f"inference-component/{component}".lower()))
    try:
        require(headers, action, *resources)
    except AccessDeniedError as error:
        raise RuntimeServiceError("AccessDeniedException", str(error), status=403) from error
