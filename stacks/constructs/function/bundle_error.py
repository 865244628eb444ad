"""The error of a package that cannot be built."""

from __future__ import annotations


class BundleError(Exception):
    """The package cannot be built; the message carries what uv says."""
