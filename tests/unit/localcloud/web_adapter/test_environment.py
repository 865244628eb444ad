from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from localcloud.ministack_hooks import Function
from localcloud.web_adapter.environment import (
    NotEmulatedError,
    check,
    is_hook,
    process_environment,
    readiness_path,
)
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
        (with_environment(AWS_LWA_ENABLE_COMPRESSION="true"), "ENABLE_COMPRESSION of chat: not"),
    ],
)
def test_what_would_run_otherwise_on_aws_is_refused(function: Function, reason: str) -> None:
    with pytest.raises(NotEmulatedError, match=reason):
        check(function)


def test_readiness_is_asked_at_the_root_unless_told() -> None:
    assert readiness_path(FUNCTION) == "/"
    assert readiness_path(with_environment(AWS_LWA_READINESS_CHECK_PATH="/health")) == "/health"


def test_layers_lie_where_the_function_looks_and_the_last_one_goes_first() -> None:
    found = process_environment(
        FUNCTION,
        code=Path("/code"),
        layers=[Path("/first"), Path("/last")],
        interpreter=Path("/bin/python"),
        port=1,
        log_stream="stream",
        unpack_seconds=0.25,
        cloud={},
    )
    assert found["UNPACK_SECONDS"] == "0.250"
    assert found["PYTHONPATH"] == "/last/python:/first/python"
    assert found["LD_LIBRARY_PATH"] == "/last/lib:/first/lib"


@pytest.mark.parametrize(
    ("path", "is_one"),
    [("/hook", True), ("//HOOK/", True), ("/a/../hook", True), ("/%68ook", True), ("/ho", False)],
)
def test_a_hook_is_known_in_every_spelling(path: str, is_one: bool) -> None:
    assert is_hook(with_environment(AWS_LWA_SNAPSTART_AFTER_RESTORE_PATH="/hook"), path) is is_one
    assert not is_hook(FUNCTION, path)
