from __future__ import annotations

from features.documents.markdown import read_markdown

TEXT = """---
title: The manual
language: en
level: 3
tags: [a, b]
---
Before.

# Setup
## On Linux
Run it.
```sh
# no heading
```
## On a Mac ##
Also.
# Use
"""


def test_sections_have_the_headings_above_them():
    document = read_markdown(TEXT, "manual.md")

    assert document.title == "The manual"
    assert document.attributes == {"language": "en", "level": 3.0}
    assert [(part.headings, part.text) for part in document.sections] == [
        ((), "Before.\n\n"),
        (("Setup", "On Linux"), "# Setup\n## On Linux\nRun it.\n```sh\n# no heading\n```\n"),
        (("Setup", "On a Mac"), "## On a Mac ##\nAlso.\n"),
        (("Use",), "# Use\n"),
    ]


def test_the_first_heading_of_the_first_level_is_the_title():
    document = read_markdown("# Coffee\nHot.\n## Cleaning\nOften.\n", "a.md")
    assert document.title == "Coffee"
    assert [part.headings for part in document.sections] == [(), ("Cleaning",)]


def test_a_text_without_headings_is_called_after_its_file():
    document = read_markdown("Words.", "a.md")
    assert (document.title, document.sections[0].text) == ("a.md", "Words.")


def test_a_fence_that_never_ends_is_all_code():
    assert len(read_markdown("```\n# a\n# b\n", "a.md").sections) == 1


def test_an_empty_text_has_no_sections():
    assert read_markdown(" \n\n", "a.md").sections == ()
