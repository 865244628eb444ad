from __future__ import annotations

from dataclasses import replace

import pytest

from localcloud.ministack_hooks import Function
from localcloud.web_adapter.environment import NotEmulatedError, check, readiness_path
from tests.support.localcloud.function import FUNCTION


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
