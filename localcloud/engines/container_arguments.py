"""The environments of containers as command lines, as each image's entry point makes them."""

from __future__ import annotations

import json
from collections.abc import Mapping


def llama_cpp_arguments(environment: Mapping[str, str]) -> list[str]:
    """Translate `SM_LLAMA_CPP_CTX_SIZE=4096` to `--ctx-size 4096`, as the container does.

    `true` gives a bare flag, `false` none. Source: the image's `sagemaker_entrypoint.sh`,
    https://github.com/aws/deep-learning-containers/tree/main/scripts/docker/llama_cpp
    """
    arguments: list[str] = []
    for name, value in environment.items():
        if not name.startswith(_LLAMA_CPP) or name in _PLACED_BY_CONTAINER:
            continue
        flag = _flag(name, _LLAMA_CPP)
        if value.lower() in ("true", ""):
            arguments.append(flag)
        elif value.lower() != "false":
            arguments += [flag, value]
    return arguments


def vllm_arguments(environment: Mapping[str, str]) -> list[str]:
    """Translate `SM_VLLM_MAX_MODEL_LEN=4096` to `--max-model-len 4096`, as the container does.

    In the order of the variables' names: `true` or nothing gives a bare flag, `false` none, a list
    in JSON one argument for each element, an empty list no flag. Without `SM_VLLM_MODEL` the model
    is the container's directory. Source: the image's `sagemaker_args.py`,
    https://github.com/aws/deep-learning-containers/tree/main/scripts/docker/vllm
    """
    arguments = [] if environment.get("SM_VLLM_MODEL") else ["--model", CONTAINER_MODEL_DIR]
    for name in sorted(environment):
        if not name.startswith(_VLLM) or name in _ADDRESS:
            continue
        if (values := _vllm_values(_flag(name, _VLLM), environment[name])) is not None:
            arguments += [_flag(name, _VLLM), *values]
    return arguments


CONTAINER_MODEL_DIR = "/opt/ml/model"
"""Directory of the model data in a SageMaker container."""

_LLAMA_CPP, _VLLM = "SM_LLAMA_CPP_", "SM_VLLM_"
_PLACED_BY_CONTAINER = frozenset({"SM_LLAMA_CPP_MODEL_DIR", "SM_LLAMA_CPP_PORT"})
_ADDRESS = frozenset({"SM_VLLM_HOST", "SM_VLLM_PORT"})
_ONE_ARGUMENT = frozenset({"--allowed-origins", "--allowed-methods", "--allowed-headers"})
"""Flags that take a list in JSON as it is."""


def _flag(variable: str, prefix: str) -> str:
    return "--" + variable.removeprefix(prefix).lower().replace("_", "-")


def _vllm_values(flag: str, value: str) -> list[str] | None:
    """Return what follows a flag; None where the flag is left out."""
    match value.strip().lower():
        case "true" | "":
            return []
        case "false":
            return None
    if flag in _ONE_ARGUMENT or not value.strip().startswith("["):
        return [value]
    try:
        elements = json.loads(value)
    except ValueError:
        return [value]  # vLLM says what is wrong with it
    return [_element(element) for element in elements] or None


def _element(element: object) -> str:
    if isinstance(element, str):
        return element
    return "" if element is None else json.dumps(element, separators=(",", ":"))
