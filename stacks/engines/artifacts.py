"""Checks of model.artifacts by the headers of its files, before anything is uploaded."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.report import ModelReport, inspect_checkpoint, inspect_model
from stacks.engines.engine import Engine, FlagValue, ServedModel

# https://docs.aws.amazon.com/sagemaker/latest/dg/your-algorithms-inference-code.html
CONTAINER = PurePosixPath("/opt/ml/model")
# Flags that put other values in place of config.json's.
_OVERRIDES = {"hf_overrides", "json_model_override_args", "rope_scaling", "rope_theta"}


def artifacts_problems(directory: Path, engine: Engine, model: ServedModel) -> Iterator[str]:
    """Say why the engine would not load a directory of weights; only headers are read."""
    try:
        if engine.weights == "*.gguf":
            inspect_model(served_gguf(directory, engine, model.flags))
        else:
            yield from _mismatches(inspect_checkpoint(directory), engine, model)
    except InspectionError as error:
        yield f"artifacts: {error}"


def _mismatches(report: ModelReport, engine: Engine, model: ServedModel) -> Iterator[str]:
    """Say what of the config the checkpoint's own config.json rules out."""
    if model.quantization is not None and report.quantization not in {None, model.quantization}:
        yield (
            f"quantization: got {model.quantization!r}; must be left out: the weights are stored "
            f"quantized ({report.quantization})"
        )
    flags = {name.replace("-", "_").lower() for name in model.flags}
    if not engine.checks_context or report.scales_positions or flags & _OVERRIDES:
        return
    if report.context_length is not None and model.context_length > report.context_length:
        yield (
            f"context_length: got {model.context_length}; must be at most {report.context_length}, "
            "the model's own by its config.json"
        )


def served_gguf(directory: Path, engine: Engine, flags: Mapping[str, FlagValue]) -> Path:
    """Return the GGUF file that the container hands to llama.cpp.

    Unless it is told, that is the first that `find -maxdepth 2` comes upon, in no order:
    https://github.com/aws/deep-learning-containers/blob/master/scripts/docker/llama_cpp/sagemaker_entrypoint.sh

    Raises:
        InspectionError: There are several, or model.flags.model names none of them.
    """
    found = {
        CONTAINER / file.relative_to(directory).as_posix(): file
        for file in sorted([*directory.glob("*.gguf"), *directory.glob("*/*.gguf")])
    }
    option = engine.variable("model")
    told = next((value for name, value in flags.items() if engine.variable(name) == option), None)
    first = min(found)
    if told is None and len(found) > 1:
        raise InspectionError(
            f"{directory}: got {len(found)} GGUF files, of which the container would serve any; "
            f"must be one, or model.flags.model must name the model's (first) one: '{first}'"
        )
    if told is not None and PurePosixPath(str(told)) not in found:
        names = ", ".join(map(str, found))
        raise InspectionError(f"{directory}: model.flags.model: got {told!r}; must be {names}")
    return found[PurePosixPath(str(told))] if told is not None else found[first]
