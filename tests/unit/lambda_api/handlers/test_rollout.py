"""The rollout function: what its state machine is told of a step that failed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from botocore.exceptions import ClientError

from lambda_api.handlers import rollout
from lambda_api.rollouts.ports import PassingError
from tests.support.service.rollout_world import World, approval


@pytest.mark.parametrize("step", ["read", "deploy", "restore"])
def test_a_throttled_step_is_told_as_one_to_take_again(
    monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def throttled(*_: Any) -> None:
        error = {"Code": "Throttling", "Message": "Rate exceeded"}
        raise ClientError({"Error": error}, "DescribeStacks")  # type: ignore[arg-type]

    monkeypatch.setattr(rollout, "_connected", lambda: SimpleNamespace(**{step: throttled}))
    begun = World(statuses={1: "Approved", 2: "Approved"}).serving(1).read(approval(2))
    event = {
        "step": step,
        "input": {},
        "execution": "one",
        "rollout": begun.model_dump(mode="json"),
    }
    with pytest.raises(PassingError, match="Rate exceeded"):
        rollout.handler(event, None)
