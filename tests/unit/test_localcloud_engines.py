from __future__ import annotations

from pathlib import Path

import pytest

from localcloud.engines import ImageNotEmulatedError, engine_for, llama_cpp_arguments
from localcloud.engines.llama_cpp import _local, _options


@pytest.mark.parametrize(
    "image",
    [
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp:server-sagemaker-cpu-v1",
        "763104351884.dkr.ecr.us-east-1.amazonaws.com/llama-cpp@sha256:0a1b",
        "llama-cpp",
    ],
)
def test_engine_is_found_by_the_images_repository(image: str) -> None:
    assert engine_for(image).ping == "/health"


def test_unknown_image_names_what_is_emulated() -> None:
    with pytest.raises(ImageNotEmulatedError, match='image "x/vllm:1"; emulated: llama-cpp'):
        engine_for("x/vllm:1")


def test_environment_becomes_flags_as_in_the_container() -> None:
    environment = {
        "SM_LLAMA_CPP_CTX_SIZE": "4096",
        "SM_LLAMA_CPP_METRICS": "TRUE",
        "SM_LLAMA_CPP_JINJA": "false",
        "SM_LLAMA_CPP_MODEL_DIR": "/opt/ml/model",
        "OTHER": "1",
    }
    assert llama_cpp_arguments(environment) == ["--ctx-size", "4096", "--metrics"]


def test_flags_are_read() -> None:
    options = _options(["--model-dir", "/m", "--ctx-size", "512", "--gpu-layers", "99"])
    assert (options.ctx_size, options.n_gpu_layers, options.parallel) == (512, 99, None)


def test_unsupported_flag_ends_the_container_with_its_name() -> None:
    with pytest.raises(SystemExit, match="not emulated: --split-mode; emulated: --ctx-size"):
        _options(["--model-dir", "/m", "--split-mode", "row"])


def test_paths_of_the_container_are_found_here() -> None:
    options = _options(["--model-dir", "/m", "--model", "/opt/ml/model/a/b.gguf"])
    assert _local(options.model, options) == Path("/m/a/b.gguf")
    assert _local(Path("/elsewhere"), options) == Path("/elsewhere")
