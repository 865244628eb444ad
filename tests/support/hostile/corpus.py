"""Requests that would take the model from other callers, or reach past the API.

Most were made from a report, or from a run against a real engine.
"""

from __future__ import annotations

from tests.support.hostile.bodies import ENGINE_FIELDS, MEDIA, NUMBERS, SIZES, TEMPLATES
from tests.support.hostile.schemas import RESPONSES, SCHEMAS, TOOLS

CORPUS = (
    *SCHEMAS,
    *TOOLS,
    *ENGINE_FIELDS,
    *TEMPLATES,
    *MEDIA,
    *SIZES,
    *NUMBERS,
    *RESPONSES,
)
"""All of them."""
