"""The state machine's definition by the rules of the Amazon States Language.

https://states-language.net/spec.html; CloudFormation does not look into a definition, and Step
Functions refuses it at deployment.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import botocore.session
import pytest
from botocore.model import StructureShape
from botocore.validate import validate_parameters
from cfnlint.jsonschema import StandardValidator

from tests.infra.test_batch_stack import machine
from tests.support.synthesized import Synthesized

MOST_SECONDS = 31_622_400
ENDINGS = {"Succeed", "Fail"}


@pytest.fixture
def states(jobs: Synthesized) -> dict[str, Any]:
    found: dict[str, Any] = machine(jobs)["States"]
    return found


def tasks(states: dict[str, Any]) -> dict[str, Any]:
    return {name: state for name, state in states.items() if state["Type"] == "Task"}


def nexts(state: Any) -> Iterator[str]:
    """Names of the states that may follow, wherever a state has them."""
    if isinstance(state, dict):
        for key, value in state.items():
            if key in {"Next", "Default"}:
                yield value
            else:
                yield from nexts(value)
    elif isinstance(state, list):
        for item in state:
            yield from nexts(item)


def test_the_definition_has_the_shape_that_cfn_lint_knows(jobs: Synthesized) -> None:
    folder = files("cfnlint.data.schemas.other.step_functions")
    schema = json.loads((folder / "statemachine.json").read_text())
    definition = machine(jobs)
    for state in tasks(definition["States"]).values():
        if ":states:::" in state["Resource"]:
            operation = state["Resource"].rpartition(":")[2]
            state["Resource"] = f"arn:aws:states:::aws-sdk:sagemaker:{operation}"
        else:  # which CloudFormation fills in
            state["Resource"] = "arn:aws:lambda:eu-west-1:000000000000:function:twin"
    errors = StandardValidator(schema).iter_errors(definition)
    assert [f"{list(error.path)}: {error.message}" for error in errors] == []


def test_what_the_sdk_is_asked_is_in_sagemakers_own_model(jobs: Synthesized) -> None:
    model = botocore.session.get_session().get_service_model("sagemaker")
    for state in tasks(machine(jobs)["States"]).values():
        if ":aws-sdk:sagemaker:" not in state["Resource"]:
            continue
        operation = state["Resource"].rpartition(":")[2]
        shape = model.operation_model(f"{operation[0].upper()}{operation[1:]}").input_shape
        assert isinstance(shape, StructureShape)
        asked = filled(state["Parameters"])
        assert validate_parameters(asked, shape) is None


def filled(parameters: Any) -> Any:
    """Parameters with a value in place of each path."""
    if isinstance(parameters, dict):
        return {
            key.removesuffix(".$"): (
                (1 if "count" in value else "x") if key.endswith(".$") else filled(value)
            )
            for key, value in parameters.items()
        }
    return [filled(item) for item in parameters] if isinstance(parameters, list) else parameters


def test_every_state_leads_on_to_states_that_are_there_or_ends(states: dict[str, Any]) -> None:
    for name, state in states.items():
        following = set(nexts(state))
        assert following <= states.keys(), name
        assert bool(following) != (state["Type"] in ENDINGS or state.get("End", False)), name


def test_every_state_can_be_reached(jobs: Synthesized) -> None:
    definition = machine(jobs)
    reached, ahead = set(), [definition["StartAt"]]
    while ahead:
        name = ahead.pop()
        if name not in reached:
            reached.add(name)
            ahead += nexts(definition["States"][name])
    assert reached == definition["States"].keys()


def test_every_task_is_tried_again_and_caught(states: dict[str, Any]) -> None:
    assert tasks(states).keys() == {"Prepare", "Transform", "Look", "Collect", "Finish"}
    for name, state in tasks(states).items():
        assert state["Retry"], name
        assert state["Catch"][-1]["ErrorEquals"] == ["States.ALL"], name
        # Without a path the error would take the place of the batch's name.
        assert all(catch["ResultPath"].startswith("$.") for catch in state["Catch"]), name


def test_states_all_stands_alone_and_last(states: dict[str, Any]) -> None:
    for state in tasks(states).values():
        for rules in (state["Retry"], state["Catch"]):
            for number, rule in enumerate(rules, 1):
                if "States.ALL" in rule["ErrorEquals"]:
                    assert (rule["ErrorEquals"], number) == (["States.ALL"], len(rules))


def test_no_error_is_in_two_retriers_of_which_the_first_would_decide(
    states: dict[str, Any],
) -> None:
    for state in tasks(states).values():
        named = [error for rule in state["Retry"] for error in rule["ErrorEquals"]]
        assert len(named) == len(set(named))


def test_pauses_are_within_bounds_and_jittered(states: dict[str, Any]) -> None:
    for state in tasks(states).values():
        for retrier in state["Retry"]:
            if not retrier["MaxAttempts"]:
                continue
            assert retrier["JitterStrategy"] == "FULL"
            assert retrier["BackoffRate"] >= 1
            assert retrier["IntervalSeconds"] > 0
            longest = retrier.get("MaxDelaySeconds")
            if retrier["BackoffRate"] > 1:
                assert retrier["IntervalSeconds"] < longest < MOST_SECONDS
