from __future__ import annotations

import pytest

from features.documents import document as bounds
from features.documents import pdf as module
from features.documents.pdf import read_pdf
from features.errors import DocumentError
from tests.support.features.pdf_files import pdf


def test_the_text_of_each_page():
    document = read_pdf(pdf("First page.", "", "Third.", title="Report"), "a.pdf")

    assert document.title == "Report"
    assert [(part.headings, part.text) for part in document.sections] == [
        (("page 1",), "First page."),
        (("page 3",), "Third."),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (pdf("Secret.", password="x"), "encrypted"),
        (pdf("", ""), "no text in it"),
        (b"%PDF-1.7 and nothing else", "no readable PDF"),
        (b"", "no readable PDF"),
        (pdf("Whole.")[:200], "no readable PDF"),
    ],
    ids=["encrypted", "scan", "header only", "empty", "cut"],
)
def test_what_cannot_be_read_is_told(body, reason):
    with pytest.raises(DocumentError, match=f"^{reason}$") as caught:
        read_pdf(body, "a.pdf")
    assert caught.value.code == "invalid_file"


def test_too_many_pages_are_not_begun(monkeypatch):
    monkeypatch.setattr(module, "MOST_PAGES", 2)
    with pytest.raises(DocumentError, match="limit: 3 pages, and 2 are read"):
        read_pdf(pdf("a", "b", "c"), "a.pdf")


def test_text_without_end_is_not_read_to_its_end(monkeypatch):
    monkeypatch.setattr(bounds, "MOST_CHARACTERS", 5)
    with pytest.raises(DocumentError, match="more than 5 characters"):
        read_pdf(pdf("abc", "def"), "a.pdf")
