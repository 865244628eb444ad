"""Requests at ministack's door: actions, resources and condition keys that it does not know."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import partial
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

import ministack.app as ministack_app
from ministack.core import iam_actions, iam_evaluator, responses, router
from ministack.services import iam, kms

from localcloud.ministack_hooks.iam.further_rights import further_rights
from localcloud.ministack_hooks.iam.record import denial
from localcloud.ministack_hooks.iam.resources import s3vectors_resource, sagemaker_resource
from localcloud.ministack_hooks.iam.sessions import AccessDeniedError, is_enforced
from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.services import Response, ServiceHandler

Parameters = Mapping[str, Any]

_OURS = {
    "sagemaker": "sagemaker",
    "application-autoscaling": "application-autoscaling",
    "s3vectors": "s3vectors",
    "servicequotas": "servicequotas",
}
"""Services that ministack has not, and the prefixes of their actions."""

_SEVERAL = {"CreateEndpoint": ("endpoint-config",), "UpdateEndpoint": ("endpoint-config",)}
"""Kinds of further resources, by operation: beside the kind in the operation's name.
https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonsagemaker.html"""

_PASSED_ROLES = {
    "sagemaker": ("ExecutionRoleArn", "sagemaker.amazonaws.com"),
    "states": ("roleArn", "states.amazonaws.com"),
    "lambda": ("Role", "lambda.amazonaws.com"),
    "cloudformation": ("RoleARN", "cloudformation.amazonaws.com"),
}
"""The parameter by which a service is passed a role, and the service's principal."""

_PATHS = {"/2016-08-19/account-settings": "GetAccountSettings"}
"""Operations by path, where ministack knows no action."""

_RPC_PATH = re.compile(r"/service/[^/]+/operation/(\w+)")


@dataclass(frozen=True)
class _Asked:
    """The part of a request that ministack's own check does not see.

    Attributes:
        keys: condition keys.
        more: further actions and resources that the request needs, with their keys.
    """

    action: str
    keys: Mapping[str, Any] = field(default_factory=dict)
    more: Sequence[tuple[str, str, Mapping[str, Any]]] = ()


_asked: ContextVar[_Asked | None] = ContextVar("asked", default=None)


def check_requests() -> None:
    """Check requests to our services, roles that are passed on, and what ministack lets through.

    What cannot be told apart is denied, not allowed.
    """
    iam_actions.SERVICE_TO_IAM_NAMESPACE.update(_OURS)
    iam_actions._BOTOCORE_SERVICE_MAP["s3vectors"] = ["s3vectors"]
    wrap(iam_actions, "extract_iam_action", _action)
    wrap(iam_actions, "extract_resource_arn", _resource)
    wrap(iam_evaluator, "enforce", _enforce)
    s3 = ministack_app.SERVICE_HANDLERS["s3"]
    ministack_app.SERVICE_HANDLERS["s3"] = partial(_hide_missing_objects, s3)
    # Here HTTP stands for HTTPS: policies deny what comes without TLS.
    wrap(ministack_app, "pin_request_origin", lambda pin, address, _: pin(address, True))
    secure = ContextVar("ministack_request_origin", default=("127.0.0.1", True))
    iam_evaluator._request_origin = secure


def require(headers: Mapping[str, str], action: str, *resources: str) -> None:
    """Ask IAM for an action on all of some resources, for a request that ministack does not see.

    Signatures are not verified.

    Raises:
        AccessDeniedError: Its caller may not, or is nobody.
    """
    if not is_enforced():
        return
    key = router.extract_access_key_id(dict(headers), {})
    if not key:
        raise AccessDeniedError("Missing Authentication Token")
    region = router.extract_region(dict(headers), {})
    for resource in resources:
        prefix = action.partition(":")[0]
        denied = iam_evaluator.enforce(key, action, prefix, region, resource_arn=resource)
        if isinstance(denied, iam_evaluator.AuthError):
            raise AccessDeniedError(denied.message)
        if denied is not None:
            raise AccessDeniedError(denial(denied.principal_arn, action, resource))


def _action(original: Callable[..., Untyped], service: str, *request: Untyped) -> Untyped:
    _method, path, headers, body, query = request
    action = original(service, *request)
    prefix = iam_actions.SERVICE_TO_IAM_NAMESPACE.get(service, service)
    if match := _RPC_PATH.fullmatch(path):
        action = f"{prefix}:{match[1]}"
    if operation := _PATHS.get(path.rstrip("/")):
        action = f"{prefix}:{operation}"
    action = action or f"{prefix}:UnknownOperation"
    parameters = _parameters(headers, body, query)
    if path.endswith("/layers") and "Arn" in parameters:
        action = "lambda:GetLayerVersion"
    keys = {}
    if service == "monitoring" and (namespace := parameters.get("Namespace")):
        keys["cloudwatch:namespace"] = namespace
    _asked.set(_Asked(action, keys, list(_more(service, action, path, parameters))))
    return action


def _more(
    service: str, action: str, path: str, parameters: Parameters
) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
    member, principal = _PASSED_ROLES.get(service, ("", ""))
    if role := parameters.get(member):
        yield "iam:PassRole", str(role), {"iam:passedtoservice": principal}
    account, region = responses.get_account_id(), responses.get_region()
    operation = action.partition(":")[2]
    yield from further_rights(action, path, parameters)
    if service == "sagemaker":
        for kind in _SEVERAL.get(operation, ()):
            name = str(parameters.get("EndpointConfigName", "")).lower()
            yield action, f"arn:aws:sagemaker:{region}:{account}:{kind}/{name}", {}
        if parameters.get("Tags") and operation != "AddTags":
            resource = sagemaker_resource(operation, parameters, account, region)
            yield "sagemaker:AddTags", resource, {}


def _resource(original: Callable[..., Untyped], service: str, *request: Untyped) -> Untyped:
    _method, path, headers, body, query, region, account = request
    asked = _asked.get()
    operation = asked.action.partition(":")[2] if asked else ""
    parameters = _parameters(headers, body, query)
    if service == "sagemaker":
        return sagemaker_resource(operation, parameters, account, region)
    if service == "s3vectors":
        return s3vectors_resource(path, parameters, account, region)
    if service == "application-autoscaling":
        scope = f"arn:aws:application-autoscaling:{region}:{account}"
        # A target's id is the service's own, and policies can but name them all.
        return "*" if operation.startswith("Describe") else f"{scope}:scalable-target/any"
    if service == "monitoring" and operation in ("DescribeAlarms", "DeleteAlarms"):
        names = parameters.get("AlarmNames") or [parameters.get("AlarmNames.member.1", "*")]
        name = "*" if operation == "DescribeAlarms" else names[0]
        return f"arn:aws:cloudwatch:{region}:{account}:alarm:{name}"
    if operation == "GetLayerVersion" and "Arn" in parameters:
        return parameters["Arn"]
    return _held(service, parameters) or original(service, *request)


def _held(service: str, parameters: Parameters) -> str:
    """Return the ARN of what is asked for: a role's has its path, an alias' is that of its key."""
    found = None
    if service == "iam":
        found = iam._roles.get(parameters.get("RoleName", ""))
    elif service == "kms":
        found = kms._resolve_key(parameters.get("KeyId"))
    return str(found["Arn"]) if found else ""


def _enforce(
    original: Callable[..., Untyped],
    key: str,
    action: str,
    service: str,
    region: str,
    resource_arn: str = "*",
    service_context: Mapping[str, Any] | None = None,
) -> Untyped:
    asked = _asked.get()
    if asked is None or asked.action != action:
        return original(key, action, service, region, resource_arn, service_context)
    _asked.set(None)
    keys = {**(service_context or {}), **asked.keys}
    answer = original(key, action, service, region, resource_arn, keys)
    for also, resource, context in asked.more:
        if answer is None:
            answer = original(key, also, also.partition(":")[0], region, resource, context)
    return answer


async def _hide_missing_objects(
    original: ServiceHandler,
    method: str,
    path: str,
    headers: dict[str, str],
    body: bytes,
    query: dict[str, Any],
) -> Response:
    """Answer 403 where an object is missing and its reader may not list the bucket.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
    """
    answer = await original(method, path, headers, body, query)
    bucket, _, key = path.lstrip("/").partition("/")
    caller = router.extract_access_key_id(headers, query)
    if answer[0] != HTTPStatus.NOT_FOUND or method not in ("GET", "HEAD") or not (key and caller):
        return answer
    resource, region = f"arn:aws:s3:::{bucket}", router.extract_region(headers, query)
    # The request names no prefix: a statement with a condition on that allows nothing here.
    denied = iam_evaluator.enforce(caller, "s3:ListBucket", "s3", region, resource)
    if not isinstance(denied, iam_evaluator.EvalResult):
        return answer
    refusal: Response = iam_actions.access_denied_response(
        "s3", "s3:ListBucket", denied.principal_arn, "-", headers=headers, resource_arn=resource
    )
    return refusal


def _parameters(headers: Mapping[str, str], body: bytes, query: Mapping[str, Any]) -> Parameters:
    """Read a request's parameters in whichever protocol it comes; none where it has another."""
    kind = headers.get("content-type", "")
    try:
        if "json" in kind or headers.get("x-amz-target"):
            found: Untyped = json.loads(body or b"{}")
        else:
            form = parse_qs(body.decode()) if "urlencoded" in kind else {}
            found = {name: values[0] for name, values in {**query, **form}.items() if values}
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
