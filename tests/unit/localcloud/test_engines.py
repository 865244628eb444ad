from __future__ import annotations

import pytest

from localcloud.engines import ImageNotEmulatedError, engine_for, llama_cpp_arguments


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
