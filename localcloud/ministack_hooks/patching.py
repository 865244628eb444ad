"""Wrapping a function of ministack's where it lies."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

Untyped = Any
"""A value of ministack's own, which says nothing of its types."""


def wrap(owner: object, name: str, around: Callable[..., Untyped]) -> None:
    """Have `owner.name(...)` call `around(original, ...)`.

    Only callers that look the name up in `owner` at each call see the change, which is so for
    every name of a module that its own functions use.
    """
    setattr(owner, name, partial(around, getattr(owner, name)))
