"""Weights of a checkpoint directory: one safetensors file, or shards that an index names."""

from __future__ import annotations

import re
from pathlib import Path

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import is_there, read_json_object, shown
from model_artifacts.inspection.safetensors import MAX_HEADER_BYTES, read_safetensors
from model_artifacts.inspection.tensors import Tensor

# https://huggingface.co/docs/transformers/big_models#sharded-checkpoints
INDEX = "model.safetensors.index.json"
SINGLE = "model.safetensors"
# https://huggingface.co/docs/peft/developer_guides/checkpoint
ADAPTER = "adapter_config.json"
# A file name: no separator, and not "." or "..".
_NAME = re.compile(r"(?!\.{1,2}$)[^/\\]{1,200}")
_SHARD = re.compile(r"(?P<stem>.+)-\d{5}-of-(?P<count>\d{5})\.safetensors")


def read_checkpoint(directory: Path) -> tuple[Tensor, ...]:
    """Read the headers of all weight files of a checkpoint.

    Raises:
        InspectionError: There are no weights, a shard is absent, or a header is wrong.
    """
    tensors = _merged(weight_files(directory))
    if is_there(directory / INDEX):
        _check_named(directory / INDEX, tensors)
    return tensors


def weight_files(directory: Path) -> list[Path]:
    """Find the weight files of a checkpoint.

    With an index, those are the shards that it names; else model.safetensors; else every
    *.safetensors file.

    Raises:
        InspectionError: There are none, some of several are absent, or they are an adapter's.
    """
    check_base(directory)
    if is_there(directory / INDEX):
        index = directory / INDEX
        return sorted({_shard(index, name) for name in _weight_map(index).values()})
    if is_there(directory / SINGLE):
        return [directory / SINGLE]
    files = sorted(directory.glob("*.safetensors"))
    _check_shards(directory, files)
    return files


def check_base(directory: Path) -> None:
    """Refuse an adapter: alone it is no model, and engines read its file as weights of the base.

    Raises:
        InspectionError: The directory holds one.
    """
    if is_there(directory / ADAPTER):
        raise InspectionError(
            f"{directory / ADAPTER}: got an adapter where a model is expected; must be merged into "
            "its base, or lie in a folder of its own below the base's"
        )


def _weight_map(index: Path) -> dict[str, object]:
    weight_map = read_json_object(index, MAX_HEADER_BYTES).get("weight_map")
    if not isinstance(weight_map, dict) or not weight_map:
        raise InspectionError(f"{index}: weight_map: got {shown(weight_map)}; must name tensors")
    return weight_map


def _check_named(index: Path, tensors: tuple[Tensor, ...]) -> None:
    named, held = _weight_map(index).keys(), {tensor.name for tensor in tensors}
    if absent := named - held:
        raise InspectionError(
            f"{index}: weight_map: got {shown(min(absent))}, which no shard holds; must name the "
            "shards' own tensors"
        )
    if unnamed := held - named:
        raise InspectionError(
            f"{index}: weight_map: got no {shown(min(unnamed))}, which a shard holds; must name "
            "all tensors of the shards"
        )


def _shard(index: Path, name: object) -> Path:
    """Return the path of a shard: a file beside the index, never one elsewhere."""
    if not isinstance(name, str) or not _NAME.fullmatch(name) or not name.isprintable():
        raise InspectionError(
            f"{index}: weight_map: got {shown(name)}; must be the name of a file beside the index"
        )
    return index.parent / name


def _check_shards(directory: Path, files: list[Path]) -> None:
    if not files:
        raise InspectionError(
            f"{directory}: got no *.safetensors; must hold some (other weight files, such as "
            "pytorch_model.bin, can run code when they are loaded)"
        )
    for match in filter(None, (_SHARD.fullmatch(file.name) for file in files)):
        count = int(match["count"])
        siblings = sum(file.name.startswith(f"{match['stem']}-") for file in files)
        if siblings < count:
            raise InspectionError(f"{directory}: got {siblings} shards; must be {count}")


def _merged(files: list[Path]) -> tuple[Tensor, ...]:
    merged: dict[str, Tensor] = {}
    for file in files:
        for tensor in read_safetensors(file).tensors:
            if tensor.name in merged:
                raise InspectionError(
                    f"{file}: tensor {shown(tensor.name)}: got a name that another file has; must "
                    "be unique in the checkpoint"
                )
            merged[tensor.name] = tensor
    return tuple(merged.values())
