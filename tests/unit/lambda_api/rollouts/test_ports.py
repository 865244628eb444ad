"""The state of a stack as rollouts see it."""

from __future__ import annotations

import pytest

from lambda_api.rollouts.ports import StackState


@pytest.mark.parametrize(
    ("status", "is_busy"),
    [
        ("UPDATE_COMPLETE", False),
        ("UPDATE_IN_PROGRESS", True),
        ("UPDATE_COMPLETE_CLEANUP_IN_PROGRESS", True),
        ("UPDATE_ROLLBACK_COMPLETE", False),
    ],
)
def test_a_stack_is_busy_while_an_operation_runs(status: str, is_busy: bool) -> None:
    assert StackState(status, "", {}).is_busy is is_busy
