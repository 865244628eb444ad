from __future__ import annotations

import asyncio
from typing import Any

import pytest

from localcloud.engines.key import VARIABLE
from localcloud.engines.vllm import KeyGuard, engine_arguments


def test_flags_of_gpus_are_left_out_and_those_of_cpus_added(
    capsys: pytest.CaptureFixture[str],
) -> None:
    given = "--model-dir /m --model /opt/ml/model --tensor-parallel-size 4 --max-num-seqs 8"

    found = engine_arguments(given.split(), 1234)

    assert " ".join(found) == (
        "--model /m --max-num-seqs 8 --dtype float32 --enforce-eager --host 127.0.0.1 --port 1234 "
        "--middleware localcloud.engines.vllm.KeyGuard"
    )
    assert "--tensor-parallel-size 4 ignored" in capsys.readouterr().out


def test_a_type_that_config_gives_stays() -> None:
    found = engine_arguments(["--model-dir", "/m", "--dtype", "bfloat16"], 1)

    assert found[:2] == ["--dtype", "bfloat16"]
    assert found.count("--dtype") == 1


def test_paths_inside_values_are_found_here() -> None:
    module = '{"name":"a","path":"/opt/ml/model/a"}'

    found = engine_arguments(["--model-dir", "/m", "--lora-modules", module, "b=c"], 1)

    assert found[:3] == ["--lora-modules", '{"name":"a","path":"/m/a"}', "b=c"]


def _status(path: str, **headers: str) -> list[Any]:
    """What a request gets: what was sent, or that it was let in."""
    sent: list[Any] = []

    async def app(*_: object) -> None:
        sent.append("let in")

    async def send(message: Any) -> None:
        sent.append(message.get("status"))

    async def receive() -> Any:
        raise AssertionError("nothing of the request may be read")

    given = [(name.encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "path": path, "headers": given}
    asyncio.run(KeyGuard(app)(scope, receive, send))
    return sent


def test_only_health_is_told_without_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "k")

    assert _status("/ping") == ["let in"]
    assert _status("/invocations", authorization="Bearer k") == ["let in"]
    assert _status("/metrics", authorization="Bearer k") == ["let in"]
    for path in ("/invocations", "/v1/chat/completions", "/metrics", "/docs", "/pingx"):
        assert _status(path) == [401, None]
        assert _status(path, authorization="Bearer x") == [401, None]
        assert _status(path, authorization="Bearer ") == [401, None]
