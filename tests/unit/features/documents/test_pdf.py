from __future__ import annotations

import pytest

from features.documents import pdf_process
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


def test_too_many_pages_are_not_begun():
    from io import BytesIO

    answer = BytesIO()
    status = pdf_process.main(BytesIO(pdf("a", "b", "c")), answer, 2)
    assert (status, answer.getvalue()) == (2, b"limit: 3 pages, and 2 are read")


def test_a_parser_that_does_not_end_is_stopped():
    with pytest.raises(DocumentError, match=r"timeout: not read in 0\.01 s"):
        read_pdf(pdf("a"), "a.pdf", seconds=0.01)
