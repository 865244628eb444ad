"""llama.cpp's C functions inside the xllamacpp wheel: exported by its library, nowhere promised."""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from typing import Any


class WheelError(RuntimeError):
    """The installed wheel does not offer a function, or not as it is called here."""


def exported(name: str, result: Any, *arguments: Any) -> Callable[..., Any]:  # noqa: ANN401
    """Return a function of the wheel's library.

    Args:
        name: of the function.
        result: ctypes' type of what it returns; None for nothing.
        arguments: ctypes' types of what it takes.

    Raises:
        WheelError: xllamacpp is missing, or no longer exports the function.
    """
    try:
        from xllamacpp import xllamacpp as extension

        function: Any = getattr(ctypes.CDLL(extension.__file__), name)
    except (ImportError, OSError, AttributeError) as error:
        raise WheelError(f"this needs {name} of the xllamacpp wheel: {error}") from error
    function.restype, function.argtypes = result, arguments
    return function  # type: ignore[no-any-return]
