"""The states of a rollout, walked with a stand-in for the function."""

from __future__ import annotations

from typing import Any

import pytest

from stacks.constructs.rollout.definition import rollout_states

STATES: dict[str, Any] = rollout_states("arn")["States"]


def walk(answers: dict[str, list[dict[str, Any] | Exception]]) -> list[str]:
    """Follow the states; each step answers with the next of its answers."""
    name, document, path = rollout_states("arn")["StartAt"], {}, []
    while True:
        state = STATES[name]
        path.append(name)
        if state["Type"] in ("Succeed", "Fail"):
            return path
        if state["Type"] == "Task":
            name, document = _task(state, answers[state["Parameters"]["step"]].pop(0), document)
        elif state["Type"] == "Choice":
            name = _chosen(state, document)
        else:
            name = state["Next"]


def _task(
    state: dict[str, Any], answer: dict[str, Any] | Exception, document: dict[str, Any]
) -> tuple[str, dict[str, Any]]:
    if isinstance(answer, dict):
        return state["Next"], answer
    (catcher,) = state["Catch"]
    return catcher["Next"], {**document, "error": {"Error": type(answer).__name__}}


def _chosen(state: dict[str, Any], document: dict[str, Any]) -> str:
    for choice in state["Choices"]:
        if document.get(choice["Variable"].removeprefix("$.")) == choice["StringEquals"]:
            return str(choice["Next"])
    return str(state["Default"])


def to(step: str, outcome: str = "") -> dict[str, Any]:
    return {"next": step, "outcome": outcome, "wait_seconds": 1}


KEPT, UNDONE = to("ended", "Kept"), to("ended", "RolledBack")


@pytest.mark.parametrize(
    ("answers", "last"),
    [
        ({"read": [to("ended", "NotApproved")]}, "Done"),
        (
            {
                "read": [to("deploy")],
                "deploy": [to("wait"), to("verify")],
                "verify": [to("check")],
                "check": [to("check"), to("keep")],
                "keep": [KEPT],
            },
            "Done",
        ),
        (
            {
                "read": [to("deploy")],
                "deploy": [to("restore")],
                "restore": [to("wait-restore"), UNDONE],
            },
            "RolledBack",
        ),
        (
            {
                "read": [to("deploy")],
                "deploy": [to("verify")],
                "verify": [to("restore")],
                "restore": [UNDONE],
            },
            "RolledBack",
        ),
        (
            {
                "read": [to("deploy")],
                "deploy": [to("verify")],
                "verify": [to("check")],
                "check": [to("restore")],
                "restore": [UNDONE],
            },
            "RolledBack",
        ),
        ({"read": [to("deploy")], "deploy": [to("ended", "Superseded")]}, "Done"),
        (
            {
                "read": [to("deploy")],
                "deploy": [RuntimeError()],
                "undo": [to("restore")],
                "restore": [UNDONE],
            },
            "RolledBack",
        ),
    ],
)
def test_every_branch_comes_to_its_end(
    answers: dict[str, list[dict[str, Any] | Exception]], last: str
) -> None:
    assert walk(answers)[-1] == last
    assert not any(answers.values())


def test_what_cannot_be_restored_fails_without_a_third_try() -> None:
    assert "Catch" not in STATES["Restore"]
    errors = {name for retry in STATES["Restore"]["Retry"] for name in retry["ErrorEquals"]}
    assert not errors & {"States.ALL", "RestoreFailedError"}


@pytest.mark.parametrize("name", [name for name in STATES if STATES[name]["Type"] == "Task"])
def test_what_passes_is_tried_again_and_longer_where_no_way_leads_back(name: str) -> None:
    (retry,) = STATES[name]["Retry"]
    assert "PassingError" in retry["ErrorEquals"]
    pauses = [
        min(retry["IntervalSeconds"] * retry["BackoffRate"] ** n, retry["MaxDelaySeconds"])
        for n in range(retry["MaxAttempts"])
    ]
    assert sum(pauses) >= (120 if "Catch" in STATES[name] else 900)


def test_every_state_is_reached() -> None:
    text = str(rollout_states("arn"))
    assert all(f"'{name}'" in text.replace(f"'{name}': {{", "", 1) for name in STATES)
