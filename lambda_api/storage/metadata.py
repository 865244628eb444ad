"""Notes that callers attach to objects, within OpenAI's limits."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

Metadata = Annotated[
    dict[
        Annotated[str, StringConstraints(max_length=64)],
        Annotated[str, StringConstraints(max_length=512)],
    ],
    Field(max_length=16),
]
"""16 notes: platform.openai.com/docs/api-reference/vector-stores/create, and elsewhere the same."""
