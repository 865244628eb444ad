"""The registry's and the rollout's sections, and what they demand of others."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from stacks.config import StageConfig

BASE: dict[str, Any] = {
    "stage": "dev",
    "project": {"name": "twin"},
    "model": {"id": "m", "engine": "vllm", "registry": True, "context_length": 1024},
    "realtime": {"instance_type": "ml.g5.xlarge"},
}


SHADOWED = {**BASE["realtime"], "shadow": {}}


def load(**sections: Any) -> StageConfig:
    return StageConfig.model_validate({**BASE, **sections}, context={"root": Path()})


def test_values_left_out_follow_from_the_project() -> None:
    config = load()
    assert config.model_registry.group == "twin"
    assert config.version_parameter == "/twin/dev/model"
    assert config.registry_bucket("1", "eu-west-1") == "twin-models-1-eu-west-1"
    assert config.shadow_parameter is None
    assert load(realtime=SHADOWED).shadow_parameter == "/twin/dev/shadow"
    assert config.model_stacks == ("twin-dev-serving",)
    assert config.model_rollout.after_stage is None
    assert config.registry_stack == "twin-registry"


def test_a_registry_of_another_account_has_that_accounts_bucket() -> None:
    config = load(registry={"account": "444455556666"})
    assert config.registry_bucket("1", "eu-west-1") == "twin-models-444455556666-eu-west-1"


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ({"registry": {"approve_first": True}}, "must be left out without model.artifacts"),
        ({"rollout": {"deploy": "after:dev"}}, "must name another stage"),
        ({"registry": {"group": "Twin-Models"}}, "registry.group\n.*String should match"),
        ({"project": {"name": "awsome"}}, "must begin with none of aws, ssm"),
        ({"project": {"name": "ssm-twin"}}, "must begin with none of aws, ssm"),
        ({"project": {"name": "xn--twin"}}, "must begin with none of xn--"),
        ({"project": {"name": "twin-"}}, "must end in a letter or digit"),
        ({"rollout": {"deploy": "sometimes"}}, "String should match"),
        ({"registry": {"share_with": ["me"]}}, "String should match"),
        (
            {
                "registry": {"account": "444455556666"},
                "project": {"name": "twin", "account": "444455556666"},
            },
            "must be left out where it is the stage's own",
        ),
        (
            {"rollout": {}, "model": {**BASE["model"], "registry": False, "hub": "a/b"}},
            "rollout: must be left out without model.registry = true",
        ),
        ({"model": {**BASE["model"], "hub": "a/b"}}, "got hub and registry"),
        (
            {
                "realtime": SHADOWED,
                "model": {**BASE["model"], "registry": False, "hub": "a/b"},
            },
            "realtime.shadow: must be left out without model.registry = true",
        ),
        (
            {"realtime": {**SHADOWED, "autoscaling": {"scale_to_zero": True}}, "api": {}},
            "realtime.shadow: must be left out with autoscaling.scale_to_zero",
        ),
        (
            {
                "realtime": {
                    **SHADOWED,
                    "initial_instance_count": 2,
                    "autoscaling": {"min_instances": 2, "max_instances": 2},
                    "deployment": {"strategy": "rolling"},
                }
            },
            "realtime.deployment.strategy: got 'rolling'; must be another with realtime.shadow",
        ),
    ],
)
def test_what_does_not_fit_is_refused(sections: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        load(**sections)


def test_a_rollout_may_wait_for_another_stage() -> None:
    assert load(rollout={"deploy": "after:test"}).model_rollout.after_stage == "test"
