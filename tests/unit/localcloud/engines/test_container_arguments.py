from __future__ import annotations

import pytest

from localcloud.engines.container_arguments import llama_cpp_arguments, vllm_arguments


def test_llama_cpps_environment_becomes_flags_as_in_the_container() -> None:
    environment = {
        "SM_LLAMA_CPP_CTX_SIZE": "4096",
        "SM_LLAMA_CPP_METRICS": "TRUE",
        "SM_LLAMA_CPP_JINJA": "false",
        "SM_LLAMA_CPP_MODEL_DIR": "/opt/ml/model",
        "OTHER": "1",
    }
    assert llama_cpp_arguments(environment) == ["--ctx-size", "4096", "--metrics"]


def test_vllms_environment_becomes_flags_in_the_order_of_names() -> None:
    environment = {
        "SM_VLLM_SERVED_MODEL_NAME": "twin",
        "SM_VLLM_MAX_MODEL_LEN": "1024",
        "SM_VLLM_PORT": "1",
        "OTHER": "1",
    }
    assert vllm_arguments(environment) == (
        ["--model", "/opt/ml/model", "--max-model-len", "1024", "--served-model-name", "twin"]
    )


def test_a_named_model_is_the_one() -> None:
    assert vllm_arguments({"SM_VLLM_MODEL": "a/b"}) == ["--model", "a/b"]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("true", ["--x-y"]),
        (" True ", ["--x-y"]),
        ("", ["--x-y"]),
        ("false", []),
        ("0.9", ["--x-y", "0.9"]),
        ('["a b", 1, true, null, {"k": [1]}]', ["--x-y", "a b", "1", "true", "", '{"k":[1]}']),
        ("[]", []),
        ("[a", ["--x-y", "[a"]),
        ('{"k": 1}', ["--x-y", '{"k": 1}']),
        ("{% for m in messages %}", ["--x-y", "{% for m in messages %}"]),
    ],
)
def test_values_are_read_as_the_container_reads_them(value: str, expected: list[str]) -> None:
    assert vllm_arguments({"SM_VLLM_MODEL": "m", "SM_VLLM_X_Y": value})[2:] == expected


def test_some_lists_are_one_argument() -> None:
    found = vllm_arguments({"SM_VLLM_MODEL": "m", "SM_VLLM_ALLOWED_ORIGINS": '["*"]'})
    assert found[:2] == ["--allowed-origins", '["*"]']
