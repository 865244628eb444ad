"""Inputs of executions: events and commands."""

from __future__ import annotations

from typing import Any

import pytest

from lambda_api.errors import InvalidRequestError
from lambda_api.rollouts.request import CHECKED, Request
from tests.support.service.rollout_world import approval, served


@pytest.mark.parametrize(
    ("given", "trigger"),
    [
        (approval(1), "approval"),
        (approval(1, "Rejected"), "rejection"),
        ({**approval(1), "detail-type": CHECKED}, "after"),
        ({"command": "rollback"}, "rollback"),
        ({"command": "resume"}, "resume"),
    ],
)
def test_the_trigger_is_told_from_the_input(given: dict[str, Any], trigger: str) -> None:
    assert Request.read(given).trigger == trigger


def test_an_event_names_its_id_and_its_version() -> None:
    request = Request.read(approval(3, event_id="e"))
    assert (request.event_id, request.package) == ("e", served(3).package)


@pytest.mark.parametrize("given", [{}, {"command": "delete"}, {"detail": {}}, {"detail": "x"}])
def test_another_input_is_refused(given: dict[str, Any]) -> None:
    with pytest.raises(InvalidRequestError, match="must be an event"):
        Request.read(given)
