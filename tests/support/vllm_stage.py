"""A stage like prod with vLLM behind it, for this machine.

From prod's config differs only what this machine cannot be: the model is the demo's in Hugging
Face's layout, one instance stands for two, the KV cache is small, and the jobs' stacks are left
out, because each starts an engine of its own.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from safetensors.numpy import load_file

from localcloud.ports import free_port
from localcloud.settings import Settings
from model_artifacts.training.checkpoint import DEMO, write_checkpoint
from tests.support import stage_files
from tests.support.local_stage import copy_checkout
from tests.support.lora import write_adapter
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment

CHECKPOINT = "model_artifacts/demo-checkpoint"
LIKE_PROD: dict[str, Any] = {
    "project__package_platform": "host",
    "model__id": "twin-demo",
    "model__hub": None,
    "model__artifacts": CHECKPOINT,
    "model__context_length": 1024,
    "model__max_concurrent_sequences": 8,
    "model__flags": {
        "gpu_memory_utilization": 0.9,
        "enable_auto_tool_choice": True,
        "tool_call_parser": "hermes",
        "num_gpu_blocks_override": 32,
        # A model this small goes on with spaces for ever where a grammar allows any number.
        "structured_outputs_config": {"backend": "xgrammar", "disable_any_whitespace": True},
    },
    "realtime__initial_instance_count": 1,
    "realtime__autoscaling": {
        "metric": "kv-cache-use",
        "target": 0.2,
        "min_instances": 1,
        "max_instances": 2,
        "scale_in_cooldown_seconds": 60,
        "scale_out_cooldown_seconds": 10,
    },
    "realtime__deployment": {
        "strategy": "all-at-once",
        "wait_seconds": 0,
        "termination_wait_seconds": 0,
    },
    "async": None,
    "batch": None,
    "api__throttle_rate": 1000,
    "api__throttle_burst": 1000,
}
QUOTAS = '[sagemaker.endpoint_usage]\n"ml.*" = 20\n'


def vllm_cloud(directory: Path) -> LocalCloud:
    """Return a local cloud, not yet started, whose account may have GPUs."""
    quotas = directory / "quotas.toml"
    quotas.write_text(QUOTAS)
    return LocalCloud(Settings(port=free_port(), data_dir=directory, quotas=quotas))


def vllm_deployment(
    cloud: LocalCloud, directory: Path, *, adapters: Sequence[str] = (), **changes: Any
) -> LocalDeployment:
    """Return the stage, not yet deployed, in a checkout of its own below a directory.

    Its model has random adapters of these names, if any; `changes` are as `stage_files` takes them.
    """
    checkout = copy_checkout(directory)
    write_checkpoint(DEMO, checkout / CHECKPOINT)
    tensors = load_file(checkout / CHECKPOINT / "model.safetensors")
    for seed, name in enumerate(adapters):
        write_adapter(checkout / CHECKPOINT / "adapters" / name, tensors, seed=seed, spread=0.05)
    named = [{"name": name, "path": f"adapters/{name}"} for name in adapters]
    changes = LIKE_PROD | {"model__adapters": named} | changes
    if adapters:
        zero = {"scale_to_zero": True, "max_instances": 1}
        changes |= {"realtime__autoscaling": zero, "realtime__routing": None}
    stage_files.write(checkout / "config" / "vllm.toml", stage_files.PROD, **changes)
    return LocalDeployment(cloud, checkout, "vllm")
