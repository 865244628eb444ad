"""Writing a GGUF file: whole or not at all, one tensor at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import gguf
import numpy as np
from numpy.typing import NDArray


class UnwritableTargetError(ValueError):
    """The place for a file cannot take it."""


def check_target(target: Path) -> None:
    """Refuse a place that cannot take a file, before the work of making it.

    Raises:
        UnwritableTargetError: The folder is not there, or the place is a folder's.
    """
    if target.is_dir() or not target.absolute().parent.is_dir():
        raise UnwritableTargetError(f"{target}: must be a file in a folder that is there")


def write_file(
    writer: gguf.GGUFWriter, target: Path, tensors: Iterable[NDArray[np.generic]]
) -> None:
    """Write a GGUF file; until all is written, what is at `target` stays.

    Args:
        writer: has the fields, and the infos of all tensors.
        target: the file.
        tensors: in the infos' order; taken one by one.

    Raises:
        UnwritableTargetError: The disk is full, or the folder cannot be written.
    """
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        writer.write_header_to_file(unfinished)
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        for tensor in tensors:
            writer.write_tensor_data(tensor)
            del tensor  # the next is made before the loop would let go of this one
        writer.close()
        unfinished.replace(target)
    except OSError as error:
        raise UnwritableTargetError(f"{target}: {error.strerror}; must be writable") from error
    finally:
        writer.close()
        unfinished.unlink(missing_ok=True)
