"""Commands that look at or change an AWS account."""

from __future__ import annotations

from typing import Final

PANEL: Final = "In an AWS account"
"""The heading in `twin --help` of these commands."""
