"""What the config sections have in common."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip
"""Days CloudWatch Logs can keep logs."""


class Section(BaseModel):
    """A table of the TOML file: frozen, closed to unknown keys, and guessing no types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
