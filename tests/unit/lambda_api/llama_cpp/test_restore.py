"""A copy out of a snapshot: it parts with the others, and has a token made."""

from __future__ import annotations

import asyncio
import json
import random
import threading

import pytest

from lambda_api.errors import NotReadyError
from lambda_api.llama_cpp import restore
from lambda_api.llama_cpp.restore import resume


def test_copies_of_one_snapshot_are_not_alike() -> None:
    random.seed(0)
    snapshot = random.getstate()
    drawn = set()
    for _ in range(2):
        random.setstate(snapshot)
        asyncio.run(resume(lambda _payload: b"{}"))
        drawn.add(random.random())
    assert len(drawn) == 2


def test_one_token_is_asked_for() -> None:
    asked: list[bytes] = []
    asyncio.run(resume(lambda payload: asked.append(payload) or b"{}"))
    (payload,) = map(json.loads, asked)
    assert payload["max_tokens"] == 1


def test_weights_that_come_slowly_hold_up_no_restore(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(restore, "_SECONDS", 0.01)
    read = threading.Event()

    async def restored() -> None:
        await resume(lambda _payload: bytes(read.wait()))
        assert not read.is_set()
        read.set()

    asyncio.run(restored())


def test_an_engine_that_is_gone_is_said() -> None:
    def complete(_payload: bytes) -> bytes:
        raise NotReadyError("the model is not ready", reason="the engine has ended")

    with pytest.raises(NotReadyError):
        asyncio.run(resume(complete))
