"""The refusal to register a version, or to decide about one."""

from __future__ import annotations


class RegistryError(ValueError):
    """A version cannot be registered, found or decided about; the message says why."""
