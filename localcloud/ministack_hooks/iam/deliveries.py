"""Services that call other services by themselves: with a resource's permission, or a role's."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterator
from contextlib import nullcontext

from ministack.services import apigateway_v1, eventbridge, lambda_svc, sns, sqs

from localcloud.ministack_hooks.iam.sessions import Session, allows_service
from localcloud.ministack_hooks.patching import Untyped, wrap
from localcloud.ministack_hooks.services import request_scope

logger = logging.getLogger(__name__)

QUEUE_ACTIONS = ("sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:GetQueueAttributes")
"""https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html"""


def check_deliveries() -> None:
    """Have services deliver only what policies allow. To be called when all else is in place."""
    wrap(apigateway_v1, "_invoke_lambda_proxy_v1", _integrate)
    wrap(apigateway_v1, "_invoke_authorizer_lambda", _authorize)
    wrap(sns, "_deliver_to_lambda", _notify)
    wrap(eventbridge, "_invoke_target", _invoke_target)
    wrap(lambda_svc, "_iter_all_esms", _readable_mappings)
    wrap(lambda_svc, "_route_async_failure", _route_failure)
    wrap(lambda_svc, "_emit_lambda_logs", _log)


def function_session(config: Untyped) -> Session:
    """Return the session in which a function runs, from its configuration."""
    region = config["FunctionArn"].split(":")[3]
    return Session(config["Role"], config["FunctionName"], region)


async def _integrate(
    original: Callable[..., Awaitable[Untyped]],
    integration: Untyped,
    api: str,
    name: str,
    stage: Untyped,
    resource: Untyped,
    path: str,
    method: str,
    *args: Untyped,
    **more: Untyped,
) -> Untyped:
    account, region = more["owner_account_id"], more["owner_region"]
    source = f"{api}/{name}/{method}{resource['path']}"
    with request_scope(account, region):
        allowed = _may_invoke(
            _function_of(integration["uri"]),
            "apigateway.amazonaws.com",
            f"arn:aws:execute-api:{region}:{account}:{source}",
        )
    if not allowed:
        logger.warning("Invalid permissions on Lambda function: %s", integration["uri"])
        return apigateway_v1._gw_error("API_CONFIGURATION_ERROR", "Internal server error")
    return await original(integration, api, name, stage, resource, path, method, *args, **more)


async def _authorize(
    original: Callable[..., Awaitable[Untyped]],
    authorizer: Untyped,
    event: Untyped,
    account: str,
    region: str,
) -> Untyped:
    prefix = event["methodArn"].split("/")[0]
    with request_scope(account, region):
        allowed = _may_invoke(
            _function_of(authorizer["authorizerUri"]),
            "apigateway.amazonaws.com",
            f"{prefix}/authorizers/{authorizer['id']}",
        )
    return await original(authorizer, event, account, region) if allowed else None


def _notify(
    original: Callable[..., None], endpoint: str, envelope: str, topic: str, *args: Untyped
) -> None:
    if _may_invoke(endpoint, "sns.amazonaws.com", topic):
        original(endpoint, envelope, topic, *args)


def _invoke_target(
    original: Callable[..., None],
    target: Untyped,
    event: Untyped,
    rule: Untyped,
    *args: Untyped,
    **more: Untyped,
) -> None:
    arn, service = target.get("Arn", ""), "events.amazonaws.com"
    source, account = rule.get("Arn", ""), arn.split(":")[4]
    if ":lambda:" in arn:
        allowed = _may_invoke(arn, service, source)
    elif ":sqs:" in arn:
        allowed = bool(sqs.queue_policy_allows(arn, service, source, account))
    elif ":states:" in arn:
        allowed = _target_session(target).may("states:StartExecution", arn)
    elif ":event-bus/" in arn and source.split(":")[4] != account:
        allowed = _target_session(target).may("events:PutEvents", arn) and _takes(arn, source)
    else:
        allowed = True
    if allowed:
        # Without it, a bus of another account would look for its rules in this one.
        with request_scope(account, arn.split(":")[3]) if ":event-bus/" in arn else nullcontext():
            original(target, event, rule, *args, **more)


def _target_session(target: Untyped) -> Session:
    """Return the session in which events go to a target."""
    return Session(target.get("RoleArn", ""), "events", target["Arn"].split(":")[3])


def _takes(bus: str, source: str) -> bool:
    """Tell whether a bus takes the events of another account's rule.

    By a permission for that account or for all; one with a condition, which would ask for the
    account's organization, never holds here.

    https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-cross-account.html
    """
    _, _, _, region, account, name = bus.split(":", 5)
    policies = eventbridge._event_bus_policies
    policy = policies.get_scoped(account, region, name.removeprefix("event-bus/"))
    return any(
        (one["Effect"], one["Action"]) == ("Allow", "events:PutEvents")
        and one["Principal"] in (source.split(":")[4], "*")
        and not one.get("Condition")
        for one in (policy or {}).get("Statement", [])
    )


def _readable_mappings(original: Callable[..., Untyped]) -> Iterator[Untyped]:
    """Leave out the queues that a function's role may not read."""
    for account, region, mapping in original():
        source = mapping.get("EventSourceArn", "")
        with request_scope(account, region):
            function, config, _ = lambda_svc._get_func_record_for_ref(mapping["FunctionName"])
        session = function_session(config) if function and ":sqs:" in source else None
        if session is None or all(session.may(action, source) for action in QUEUE_ACTIONS):
            yield account, region, mapping


def _route_failure(
    original: Callable[..., None], target: str, name: str, event: Untyped, result: Untyped
) -> None:
    session = function_session(lambda_svc._functions[name]["config"])
    action = "sqs:SendMessage" if ":sqs:" in target else "sns:Publish"
    if session.may(action, target):
        original(target, name, event, result)


def _log(original: Callable[..., None], function: Untyped, *args: Untyped, **more: Untyped) -> None:
    config = function.get("config") or function
    session = function_session(config)
    group = (config.get("LoggingConfig") or {}).get("LogGroup")
    stream = log_stream_arn(session, group or f"/aws/lambda/{config['FunctionName']}", "any")
    if all(session.may(f"logs:{verb}", stream) for verb in ("CreateLogStream", "PutLogEvents")):
        original(function, *args, **more)


def log_stream_arn(session: Session, group: str, name: str) -> str:
    """Name a log stream of a session's account."""
    scope = f"{session.region}:{session.account}"
    return f"arn:aws:logs:{scope}:log-group:{group}:log-stream:{name}"


def _may_invoke(reference: str, service: str, source: str) -> bool:
    """Tell whether a function lets a service invoke it; one that is not there is not refused."""
    found, _, _ = lambda_svc._get_base_func_record_for_ref(reference)
    if found is None:
        return True
    arn = found["config"]["FunctionArn"]
    # A version or an alias has permissions of its own:
    # https://docs.aws.amazon.com/lambda/latest/dg/versioning-aliases-permissions.html
    arn = reference if reference.startswith(f"{arn}:") else arn
    account, action = arn.split(":")[4], "lambda:InvokeFunction"
    return allows_service(found["policy"], service, action, arn, account=account, source=source)


def _function_of(uri: str) -> str:
    """Extract the function's ARN from an integration URI."""
    arn = uri.partition("/functions/")[2]
    return arn.removesuffix("/response-streaming-invocations").removesuffix("/invocations")
