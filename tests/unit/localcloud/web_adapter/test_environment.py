from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.ministack_hooks import Function
from localcloud.web_adapter.environment import NotEmulatedError, check, readiness_path
from tests.support.localcloud.streaming_api import LAYER

FUNCTION = Function(
    arn="arn:aws:lambda:us-east-1:000000000042:function:chat",
    name="chat",
    version="$LATEST",
    account="000000000042",
    region="us-east-1",
    handler="run.sh",
    runtime="python3.13",
    timeout=20,
    memory=1024,
    environment={
        "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
        "AWS_LWA_INVOKE_MODE": "response_stream",
    },
    layers=(LAYER,),
    log_group="/aws/lambda/chat",
    code=b"",
    code_digest="",
    _config={},
    _unversioned={},
)


def with_environment(**variables: str) -> Function:
    return replace(FUNCTION, environment={**FUNCTION.environment, **variables})


def test_function_of_the_adapters_is_accepted() -> None:
    check(FUNCTION)


@pytest.mark.parametrize(
    ("function", "reason"),
    [
        (replace(FUNCTION, layers=()), "behind the Lambda Web Adapter only"),
        (with_environment(AWS_LAMBDA_EXEC_WRAPPER="/opt/x"), "behind the Lambda Web Adapter only"),
        (with_environment(AWS_LWA_INVOKE_MODE="buffered"), "needs response_stream"),
        (with_environment(AWS_LWA_ASYNC_INIT="true"), "AWS_LWA_ASYNC_INIT of chat: not emulated"),
    ],
)
def test_what_would_run_otherwise_on_aws_is_refused(function: Function, reason: str) -> None:
    with pytest.raises(NotEmulatedError, match=reason):
        check(function)


def test_readiness_is_asked_at_the_root_unless_told() -> None:
    assert readiness_path(FUNCTION) == "/"
    assert readiness_path(with_environment(AWS_LWA_READINESS_CHECK_PATH="/health")) == "/health"
