"""One copy of a model takes all of an instance that counts."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from stacks.config import RealtimeConfig


def described(types: list[str]) -> dict[str, Any]:
    from stacks.constructs.endpoint.component_specification import specification

    preferred, *fallbacks = types
    hosts = RealtimeConfig(instance_type=preferred, fallback_instance_types=fallbacks)
    return specification(SimpleNamespace(name="model"), hosts)  # type: ignore[arg-type]


def test_a_copy_takes_every_gpu_of_any_type() -> None:
    only = described(["ml.g6e.12xlarge", "ml.g5.12xlarge"])["specification"]
    needs = only.compute_resource_requirements
    assert needs.number_of_accelerator_devices_required == 4
    assert needs.number_of_cpu_cores_required is None


def test_a_copy_takes_most_of_each_cpu_type() -> None:
    each = described(["ml.c7i.xlarge", "ml.c7i.4xlarge"])["specifications"]
    assert {
        one.instance_type: one.compute_resource_requirements.number_of_cpu_cores_required
        for one in each
    } == {"ml.c7i.xlarge": 3, "ml.c7i.4xlarge": 12}
