from __future__ import annotations

import pytest

from features.documents.outline import Outline

TEXT = "Each employee has thirty days a year.\n"


def sections(*parts, title="", title_level=1):
    outline = Outline(title, title_level)
    for part in parts:
        outline.add(*part)
    return [(part.headings, part.text) for part in outline.document("a.md", {}).sections]


@pytest.mark.parametrize("below", ["", "\n \n"])
def test_a_heading_with_nothing_below_it_begins_what_follows(below):
    found = sections(
        (2, "A", f"## A\n{below}"), (3, "B", f"### B\n{TEXT}"), (3, "C", f"### C\n{TEXT}")
    )
    assert found == [
        (("A", "B"), f"## A\n{below}### B\n{TEXT}"),
        (("A", "C"), f"### C\n{TEXT}"),
    ]


def test_a_heading_at_the_end_stays():
    found = sections((0, "", TEXT), (2, "End", "## End"))
    assert found == [((), TEXT), (("End",), "## End")]


def test_a_text_before_the_first_heading_may_be_one_line():
    assert sections((0, "", TEXT), (1, "A", f"# A\n{TEXT}")) == [((), TEXT), ((), f"# A\n{TEXT}")]


def test_a_title_is_told_or_a_heading_of_its_level():
    for title, level, expected in (("T", 6, "T"), ("", 6, "B"), ("", 1, "C")):
        outline = Outline(title, level)
        outline.add(2, "B", f"## B\n{TEXT}")
        outline.add(1, "C", f"# C\n{TEXT}")
        assert outline.document("a.md", {}).title == expected


def test_of_a_long_heading_the_end_stands_in_front_of_its_sections():
    long = "start " + "x" * 5_000
    outline = Outline(f"{long} T", 1)
    outline.add(2, long, f"## {long}\n{TEXT}")
    document = outline.document("a.md", {})
    (section,) = document.sections
    assert [len(document.title), *map(len, section.headings)] == [2000, 2000]
    assert section.text == f"## {long}\n{TEXT}"
