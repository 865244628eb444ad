"""Updates of a base's matrices by an adapter."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import shown
from model_artifacts.inspection.tensors import Tensor


@dataclass(frozen=True)
class LowRankUpdate:
    """Thin matrices, B (outputs, rank) and A (rank, inputs), whose product is added to a base's.

    Attributes:
        tensor: name of the base's matrix, in the spelling of the adapter's format.
        outputs: rows of the base's matrix.
        inputs: columns of the base's matrix.
        rank: what A and B have in common.
    """

    tensor: str
    outputs: int
    inputs: int
    rank: int


def low_rank_updates(
    path: Path, pairs: Mapping[str, Mapping[str, tuple[int, ...]]]
) -> tuple[LowRankUpdate, ...]:
    """Make updates of the shapes of A and B.

    Args:
        path: the adapter's file, for messages.
        pairs: by the base's tensor, shapes by "A" and "B", rows first.

    Raises:
        InspectionError: There are none, one is alone, or the two do not fit together.
    """
    if not pairs:
        raise InspectionError(f"{path}: got no LoRA matrices; must hold a pair for some tensor")
    updates = []
    for name, shapes in pairs.items():
        a, b = shapes.get("A", ()), shapes.get("B", ())
        if len(a) != 2 or len(b) != 2 or a[0] != b[1]:
            raise InspectionError(
                f"{path}: {shown(name)}: got A {a or 'nowhere'} and B {b or 'nowhere'}; must be "
                "(rank, inputs) and (outputs, rank)"
            )
        updates.append(LowRankUpdate(name, outputs=b[0], inputs=a[1], rank=a[0]))
    return tuple(updates)


def check_base(path: Path, updates: Iterable[LowRankUpdate], base: Mapping[str, Tensor]) -> None:
    """Refuse an adapter of another model.

    Args:
        path: the adapter's file, for messages.
        updates: what the adapter adds.
        base: the model's tensors by name, with shapes of rows first. One that is packed, as
            quantized formats pack them, is compared by its name alone.

    Raises:
        InspectionError: The model has no such matrix, or one of another shape.
    """
    for update in updates:
        stored = base.get(update.tensor)
        if stored is None:
            raise InspectionError(
                f"{path}: got an update of {shown(update.tensor)}, which the base model does not "
                "have; must be an adapter for this model"
            )
        shape = (update.outputs, update.inputs)
        if len(stored.shape) == 2 and stored.dtype not in _PACKED and stored.shape != shape:
            raise InspectionError(
                f"{path}: {shown(update.tensor)}: got an update of {shape}; must be "
                f"{stored.shape}, as the base model has it"
            )


_PACKED = {"U8", "I32", "U32", "I64"}
"""Types of safetensors whose elements hold several weights each; GGUF's shapes count weights."""
