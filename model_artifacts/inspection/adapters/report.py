"""An adapter held against its base: the report of its rank, or the refusal."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from model_artifacts.inspection.adapters.gguf import read_gguf_adapter
from model_artifacts.inspection.adapters.peft import read_peft_adapter
from model_artifacts.inspection.adapters.update import check_base
from model_artifacts.inspection.checkpoint import read_checkpoint
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.gguf_model import read_gguf_model


@dataclass(frozen=True)
class AdapterReport:
    """The part of an adapter that an engine has to know.

    Attributes:
        path: what the engine loads: the directory of a PEFT adapter, or a GGUF file.
        rank: the largest of its matrices.
    """

    path: Path
    rank: int


def inspect_peft_adapter(directory: Path, checkpoint: Path) -> AdapterReport:
    """Read the headers of a PEFT adapter and of the base, a checkpoint's directory.

    Raises:
        InspectionError: A file is absent or damaged, or the adapter is one for another model.
    """
    adapter = read_peft_adapter(directory)
    # AWQ and GPTQ pack a matrix into `qweight`, whose shape says nothing of it.
    tensors = {t.name.replace(".qweight", ".weight"): t for t in read_checkpoint(checkpoint)}
    check_base(adapter.weights, adapter.updates, tensors)
    return AdapterReport(directory, adapter.rank)


def inspect_gguf_adapter(directory: Path, model: Path) -> AdapterReport:
    """Read the headers of the one GGUF adapter of a directory and of the base, a GGUF file.

    Raises:
        InspectionError: There is not one, it is damaged, or one for another model.
    """
    files = sorted(directory.glob("*.gguf"))
    if len(files) != 1:
        raise InspectionError(
            f"{directory}: got {len(files)} GGUF files; must be one adapter, as `twin model "
            "convert-adapter` writes it"
        )
    (path,) = files
    adapter, base = read_gguf_adapter(path), read_gguf_model(model)
    if adapter.architecture != base.architecture:
        raise InspectionError(
            f"{path}: general.architecture: got {adapter.architecture!r}; must be "
            f"{base.architecture!r}, the base model's"
        )
    rows_first = {t.name: replace(t, shape=t.shape[::-1]) for t in base.tensors}
    check_base(path, adapter.updates, rows_first)
    return AdapterReport(path, max(update.rank for update in adapter.updates))
