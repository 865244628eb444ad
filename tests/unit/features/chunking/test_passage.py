from __future__ import annotations

import pytest

from features.chunking.passage import passage_of


@pytest.mark.parametrize(
    ("context", "text", "expected"),
    [
        ("Leave > Holidays", "# Leave\n\n## Holidays\n\nThirty days.", "Thirty days."),
        ("Leave > Holidays", "Leave\nHolidays\nThirty days.", "Thirty days."),
        ("Leave", "## Holidays\nThirty days.", "## Holidays\nThirty days."),
        ("Leave", "Thirty days.\nLeave", "Thirty days.\nLeave"),
        ("Leave", "# Leave\n", ""),
    ],
)
def test_headings_stand_in_front_once(context, text, expected):
    assert passage_of(context, text) == f"{context}\n{expected}"
