"""[[model.adapters]]: adapters that the engine would not serve are refused at synth."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from model_artifacts.adapters.convert import convert_adapter
from model_artifacts.gguf.convert import ModelInfo, convert
from stacks.config import ConfigError, load_stage
from tests.support.decoder import random_tensors, write_decoder
from tests.support.lora import write_adapter
from tests.support.stage_files import ALONE, LOCAL, load, message, write

PAUL = {"name": "paul", "path": "adapters/paul"}
MARY = {"name": "mary", "path": "adapters/mary"}
GPU = {
    "model__engine": "vllm",
    "model__context_length": 512,
    "realtime__instance_type": "ml.g6.xlarge",
    "realtime__autoscaling": {"scale_to_zero": True, "max_instances": 2},
    "async": None,
    "batch": None,
}


@pytest.fixture
def directory(root: Path) -> Path:
    """The local stage's model, with two adapters, all in both layouts."""
    directory = root / LOCAL["model"]["artifacts"]
    shutil.rmtree(directory)
    tensors = write_decoder(directory, "llama")
    convert(directory, directory / "model.gguf", ModelInfo("random"))
    for seed, name in enumerate(("paul", "mary")):
        place = directory / "adapters" / name
        write_adapter(place, tensors, seed=seed)
        convert_adapter(place, place / "adapter.gguf", directory)
    return directory


def adapted(*adapters: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return {"model__adapters": [*adapters], **changes}


def test_containers_load_adapters_in_the_order_of_config(root: Path, directory: Path) -> None:
    stage = load(root, LOCAL, **adapted(MARY, PAUL))
    loaded = stage.loaded_adapters(root)
    assert [adapter.name for adapter in loaded] == ["twin-demo:mary", "twin-demo:paul"]
    assert str(loaded[0].path) == "/opt/ml/model/adapters/mary/adapter.gguf"
    assert [*stage.model_selectors] == ["twin-demo", "twin-demo:mary", "twin-demo:paul"]
    assert stage.model_selectors["twin-demo:paul"] == {"lora": [{"id": 1, "scale": 1}]}


def test_vllm_is_given_the_directories_and_the_rank(root: Path, directory: Path) -> None:
    (adapter,) = load(root, LOCAL, **adapted(PAUL, **GPU)).loaded_adapters(root)
    assert str(adapter.path) == "/opt/ml/model/adapters/paul"
    assert adapter.rank == 4


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        (adapted(PAUL, PAUL), "model.adapters: .*must have each name once, not 'paul' again"),
        (adapted({**PAUL, "path": "../paul"}), "model.adapters.0.path: got '../paul'"),
        (adapted({**PAUL, "name": "a:b"}), "model.adapters.0.name: got 'a:b'"),
        (adapted(PAUL, {**MARY, "path": "no"}), "adapters.1.path: .*/no: got 0 GGUF files"),
        (adapted(PAUL, **GPU, model__flags={"max_lora_rank": 8}), "flags.max_lora_rank: must be"),
        (adapted(PAUL, api__engine_fields=["lora"]), "api.engine_fields: got 'lora'; must be left"),
        (
            adapted(PAUL, model__artifacts=None, model__s3="s3://bucket/twin/"),
            "model.artifacts: missing; must be there with model.adapters",
        ),
        (
            adapted(PAUL, **{**GPU, "model__engine": "sglang"}),
            "model.engine: got 'sglang'; must be one of vllm, llama-cpp with model.adapters",
        ),
        (
            adapted(PAUL, **ALONE, realtime=None, monolith={}),
            r"model.adapters: must be left out with \[monolith\]",
        ),
    ],
)
def test_what_cannot_be_served_is_refused(
    root: Path, directory: Path, changes: dict[str, Any], expected: str
) -> None:
    found = message(root, LOCAL, **changes)
    assert re.search(expected, found), found


@pytest.mark.parametrize("engine", [{}, GPU])
def test_an_adapter_for_another_model_is_refused(
    root: Path, directory: Path, engine: dict[str, Any]
) -> None:
    other = directory.parent / "other"
    write_decoder(other, "qwen2")
    place = directory / "adapters" / "paul"
    write_adapter(place, random_tensors("qwen2"))
    convert_adapter(place, place / "adapter.gguf", other)
    found = message(root, LOCAL, **adapted(PAUL, **engine))
    assert "model.adapters.0.path: " in found
    assert "got 'qwen2'; must be 'llama'" in found or "got an update of (128, 128)" in found


def test_ranks_beyond_the_engines_are_refused(root: Path, directory: Path) -> None:
    write_adapter(directory / "adapters" / "paul", random_tensors("llama"), rank=513)
    found = message(root, LOCAL, **adapted(PAUL, **GPU))
    assert "adapters.0.path: got rank 513; must be at most 512 for engine vllm" in found


def test_more_than_a_variable_holds_is_refused_with_the_length(root: Path, directory: Path) -> None:
    many = [{"name": f"a{n}", "path": "adapters/paul"} for n in range(30)]
    found = message(root, LOCAL, **adapted(*many))
    assert "model.adapters: got 1,289 characters of SM_LLAMA_CPP_LORA_SCALED; must be at mo" in (
        found.replace("1289", "1,289")
    )


def test_vllm_is_refused_where_no_header_names_the_adapter(root: Path, directory: Path) -> None:
    given = LOCAL["realtime"]["autoscaling"]
    found = message(root, LOCAL, **adapted(PAUL, **{**GPU, "realtime__autoscaling": given}))
    assert "realtime.autoscaling.scale_to_zero: must be true with model.adapters" in found
    batch = {**LOCAL["batch"], "instance_type": "ml.g5.xlarge"}
    found = message(root, LOCAL, **adapted(PAUL, **{**GPU, "batch": batch}))
    assert "batch: must be left out with model.adapters and engine vllm" in found


def test_with_scale_to_zero_each_adapter_is_a_component(root: Path, directory: Path) -> None:
    zero = GPU | {"realtime__autoscaling": {"scale_to_zero": True, "max_instances": 2}}
    stage = load(root, LOCAL, **adapted(PAUL, **zero))
    assert stage.adapter_components == {"twin-demo:paul": "twin-test-paul"}
    found = message(root, LOCAL, **adapted(PAUL, **zero, model__registry=True))
    assert "model.registry: got True; must be left out with model.adapters and scale" in found
    long = adapted({**PAUL, "name": "p" * 31}, **zero, project__name="t" * 24)
    write(root / "config" / "long-name.toml", LOCAL, **long)
    with pytest.raises(ConfigError, match="for a component's name; must be at most 63 characters"):
        load_stage("long-name", root)


def test_llama_cpp_loads_adapters_at_its_start_on_components_too(
    root: Path, directory: Path
) -> None:
    zero = {"realtime__autoscaling": {"scale_to_zero": True, "max_instances": 2}}
    assert load(root, LOCAL, **adapted(PAUL, **zero)).adapter_components == {}
