"""Lambda: the account's concurrency, and the part of it that functions may reserve.

https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ministack.core.responses import error_response_json
from ministack.services import lambda_svc
from ministack.services.cloudformation import provisioners

from localcloud.ministack_hooks.patching import Untyped, wrap


def limit_concurrency(executions: int, least_unreserved: int) -> None:
    """Limit the account's concurrent executions.

    Args:
        executions: Invocations of all functions at a time; one more is throttled.
        least_unreserved: Concurrent executions that no function may reserve.
    """
    lambda_svc._ACCOUNT_CONCURRENCY_CAP = executions
    limit = _Limit(executions, least_unreserved)
    wrap(lambda_svc, "_put_function_concurrency", partial(_put, limit))
    handlers = provisioners._RESOURCE_HANDLERS["AWS::Lambda::Function"]
    handlers["create"] = partial(_provision, limit, handlers["create"])
    handlers["update"] = partial(_provision, limit, handlers["update"])


class _Limit:
    def __init__(self, executions: int, least_unreserved: int) -> None:
        self._executions = executions
        self._least = least_unreserved

    def refusal(self, function: str, reserved: int) -> str:
        """Word the refusal of a reservation, as CloudFormation shows it; empty where it may be."""
        others = sum(
            lambda_svc._functions[name].get("concurrency") or 0
            for name in lambda_svc._functions
            if name != function
        )
        if self._executions - others - reserved >= self._least or not reserved:
            return ""
        # https://github.com/aws-samples/alarm-context-tool/issues/2
        return (
            "Specified ReservedConcurrentExecutions for function decreases account's "
            f"UnreservedConcurrentExecution below its minimum value of [{self._least}]."
        )


def _put(limit: _Limit, original: Callable[..., Untyped], name: str, data: Untyped) -> Untyped:
    if text := limit.refusal(name, int(data.get("ReservedConcurrentExecutions", 0))):
        return error_response_json("InvalidParameterValueException", text, 400)
    return original(name, data)


def _provision(limit: _Limit, original: Callable[..., Untyped], *args: Untyped) -> Untyped:
    """Create (`logical_id, new, stack`) or update (`physical_id, old, new, stack, ...`)."""
    new = args[1] if len(args) == 3 else args[2]
    name = new.get("FunctionName") or args[0]
    if text := limit.refusal(name, int(new.get("ReservedConcurrentExecutions") or 0)):
        raise ValueError(text)
    return original(*args)
