"""What one stack exports to another: CloudFormation refuses to take out what is imported."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.infra.conftest import FULL_ASYNC
from tests.support.synthesized import Synthesized

PRODUCERS = ("serving", "async", "batch", "retrieval")
Synthesize = Callable[..., Synthesized]


def exports(stage: Synthesized) -> dict[str, set[str]]:
    """Stack -> what it exports, for the stacks that others import from."""
    return {
        name: {key for key, output in stage.stacks[name].outputs.items() if "Export" in output}
        for name in PRODUCERS
        if name in stage.stacks
    }


def imports(stage: Synthesized) -> set[str]:
    """Names of the stacks that any stack of the stage imports from."""

    def found(value: Any) -> set[str]:
        if isinstance(value, dict):
            if isinstance(name := value.get("Fn::ImportValue"), str):
                return {name.partition(":")[0]}
            value = [*value.values()]
        return (
            {name for each in value for name in found(each)} if isinstance(value, list) else set()
        )

    return {name for template in stage.stacks.values() for name in found(template.raw)}


@pytest.fixture(scope="module")
def most(synthesize: Synthesize) -> Synthesized:
    """A stage with all that can be taken out while the stacks behind the API stay."""
    return synthesize(
        "local",
        asynchronous=FULL_ASYNC,
        alarms={"email": "oncall@example.com"},
        api={"engine_fields": ["grammar"]},
    )


@pytest.mark.parametrize(
    "changes",
    [
        {"alarms": None},
        {"asynchronous": {"webhook": None}},
        {"batch": None},
        {"asynchronous": None},
        {"api": None, "asynchronous": None, "batch": None, "retrieval": None},
        {"realtime": {"autoscaling": {"scale_to_zero": True, "max_instances": 2}}},
        {"retrieval": {"store": "s3-vectors", "stores": [{"name": "docs"}]}},
    ],
    ids=lambda changes: "-".join(changes),
)
def test_what_is_taken_out_of_config_takes_no_export_out(
    synthesize: Synthesize, most: Synthesized, changes: dict[str, Any]
) -> None:
    less = synthesize(
        "local",
        **{
            "asynchronous": FULL_ASYNC,
            "alarms": {"email": "oncall@example.com"},
            "api": {"engine_fields": ["grammar"]},
            **changes,
        },
    )
    after = exports(less)
    assert {name: exported for name, exported in exports(most).items() if name in after} == after


def test_only_stacks_whose_exports_stay_are_imported_from(
    any_stage: Synthesized, most: Synthesized, alarmed: Synthesized
) -> None:
    for stage in (any_stage, most, alarmed):
        assert {name.rpartition("-")[2] for name in imports(stage)} <= {*PRODUCERS}


def test_alarms_name_a_topic_that_their_stack_does_not_import(alarmed: Synthesized) -> None:
    topic = alarmed.stacks["alarms"].only("AWS::SNS::Topic")
    acting = [
        action
        for name in ("serving", "async", "batch", "api")
        for alarm in alarmed.stacks[name].properties("AWS::CloudWatch::Alarm")
        for action in alarm["AlarmActions"]
        if ":sns:" in json.dumps(action)
    ]
    assert acting
    for action in acting:
        assert action["Fn::Join"][1][-1] == f":{topic['TopicName']}"


def test_the_topic_is_there_before_an_alarm_names_it(alarmed: Synthesized) -> None:
    manifest = json.loads((alarmed.assembly / "manifest.json").read_text())["artifacts"]
    for name in ("serving", "batch", "api"):
        assert "twin-prod-alarms" in manifest[f"twin-prod-{name}"]["dependencies"]
