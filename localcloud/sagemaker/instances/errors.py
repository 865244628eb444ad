"""The error of a deployment that cannot be."""

from __future__ import annotations


class DeploymentFailedError(Exception):
    """A deployment cannot succeed; the text is the failure reason."""
