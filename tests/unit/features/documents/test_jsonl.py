from __future__ import annotations

import pytest

from features.documents.jsonl import read_jsonl
from features.errors import DocumentError


def test_each_line_is_a_section_with_its_attributes():
    document = read_jsonl(
        '{"id": 7, "text": "One.", "year": 2026}\n\n{"text": "Two."}\n', "a.jsonl"
    )
    assert [(part.text, part.headings, part.attributes) for part in document.sections] == [
        ("One.", ("7",), {"year": 2026}),
        ("Two.", (), {}),
    ]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("{", "line 2 is no JSON"),
        ("[" * 100_000, "line 2 is no JSON"),
        ('"text"', 'line 2 is no object with a string "text"'),
        ('{"text": 1}', 'line 2 is no object with a string "text"'),
        ('{"text": "a", "b": {}}', "line 2: attribute 'b' is no string"),
    ],
)
def test_a_wrong_line_is_named(line, reason):
    with pytest.raises(DocumentError, match=reason):
        read_jsonl(f'{{"text": "good"}}\n{line}', "a.jsonl")


def test_half_a_surrogate_is_replaced():
    assert read_jsonl('{"text": "a\\ud800b"}', "a.jsonl").sections[0].text == "a?b"
