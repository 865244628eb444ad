"""Memory and threads of llama.cpp in a function."""

from __future__ import annotations

from typing import Literal

from lambda_api.llama_cpp.weights import EngineStartError

Placement = Literal["mapped", "repacked"]
"""The weights as llama.cpp holds them: the file as it was brought, or a copy in the order that the
CPU multiplies fastest, beside which the file stays until it is made."""

_MB = 2**20
_MB_OF_A_CORE = 1769
"""docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html"""
_SMALL_BYTES = 64 * _MB
"""Size below which a second thread costs more at the spin barriers than it computes."""


def placement(weights_bytes: int, room_mb: int) -> Placement:
    """Choose how the weights lie in memory.

    Measured with 550 MB of weights: 658 MB resident mapped, 1,157 at the peak of repacking.

    Args:
        weights_bytes: Size of the file.
        room_mb: MiB that the function has for weights and their copies.

    Raises:
        EngineStartError: The weights do not fit at all.
    """
    if 2 * weights_bytes <= room_mb * _MB:
        return "repacked"
    if weights_bytes <= room_mb * _MB:
        return "mapped"
    needed = -(-weights_bytes // _MB)
    raise EngineStartError(
        f"weights: got {needed} MB; must be at most {room_mb} MB, what memory_mb leaves beside the "
        "service and the KV cache"
    )


def threads(weights_bytes: int, memory_mb: int, cpus: int) -> int:
    """Return how many threads compute.

    llama.cpp's threads spin while they wait for the slowest, so one without a core of its own holds
    all of them: only whole cores count, and one that is visible is left to the service.

    Args:
        weights_bytes: Size of the file.
        memory_mb: Memory of the function, by which Lambda gives CPU.
        cpus: Cores that the process sees.
    """
    if weights_bytes < _SMALL_BYTES:
        return 1
    return max(1, min(memory_mb // _MB_OF_A_CORE, cpus - 1))
