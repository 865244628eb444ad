"""The base of the config sections, and a look at the fields that they declare."""

from __future__ import annotations

from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict
from pydantic.fields import FieldInfo

# https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_PutRetentionPolicy.html
RetentionDays = Literal[
    1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922,
    3288, 3653,
]  # fmt: skip
"""Days CloudWatch Logs can keep logs."""


class Section(BaseModel):
    """A table of the TOML file: frozen, closed to unknown keys, and guessing no types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


def spelled_fields(model: type[Section]) -> dict[str, FieldInfo]:
    """Return the fields of a section by the file's names for them."""
    return {field.alias or name: field for name, field in model.model_fields.items()}


def nested_section(annotation: Any) -> type[Section] | None:  # noqa: ANN401 - any type expression
    """Return the section in an annotation, which may be optional or a list of sections."""
    if isinstance(annotation, type) and issubclass(annotation, Section):
        return annotation
    found = (nested_section(part) for part in get_args(annotation))
    return next((section for section in found if section is not None), None)
