from __future__ import annotations

import contextlib

import pytest

from features.documents.html import read_html
from features.errors import DocumentError

PAGE = """<!doctype html><html><head><title>Hours</title><style>p{}</style></head><body>
<nav>Home | About</nav><script>alert(1)</script><!-- a comment -->
<h1>Hours</h1><p>We open at <b>eight</b>.</p><ul><li>Mon</li><li>Tue</li></ul>
<h2>Holidays</h2><div>Closed.</div></body></html>"""


def test_what_a_reader_sees_by_headings():
    document = read_html(PAGE, "a.html")

    assert document.title == "Hours"
    assert [(part.headings, part.text) for part in document.sections] == [
        ((), "Hours\nWe open at eight.\nMon\nTue\n"),
        (("Holidays",), "Holidays\nClosed.\n"),
    ]


def test_a_page_without_title_is_called_after_its_heading_or_its_file():
    assert read_html("<h1>A</h1>x", "a.html").title == "A"
    assert read_html("x", "a.html").title == "a.html"


def test_broken_html_is_read():
    assert read_html("<p>one<p>two</div><b>three", "a.html").sections[0].text == "one\ntwothree\n"


def test_deep_nesting_ends_in_a_reason_or_a_text():
    page = "<div>" * 5_000 + "text"
    with contextlib.suppress(DocumentError):
        assert "text" in read_html(page, "a.html").sections[0].text


def test_a_page_of_scripts_has_no_sections():
    assert read_html("<script>x</script>", "a.html").sections == ()


@pytest.mark.parametrize("page", ["<?xml version='1.0'?><a>x</a>", "<![CDATA[x]]>", "<"])
def test_other_markup_does_no_harm(page):
    read_html(page, "a.html")
