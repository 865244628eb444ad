from __future__ import annotations

import json
from io import BytesIO

import pytest

from features.documents import apart_process
from features.documents.apart import read_apart
from features.errors import DocumentError
from stacks.constructs.function.memory import DOCUMENT_MB
from tests.support.features.pdf_files import pdf


def test_a_pdf_comes_back_by_its_pages():
    document = read_apart(pdf("First page.", "", "Third.", title="Report"), "a.pdf", "pdf")
    assert document.title == "Report"
    assert [(part.headings, part.text) for part in document.sections] == [
        (("page 1",), "First page."),
        (("page 3",), "Third."),
    ]


def test_a_page_comes_back_by_its_headings():
    page = "<h1>Hours</h1><p>Till nine.</p><h2>Übermorgen</h2><p>Closed.</p>"
    document = read_apart(page.encode(), "a.html", "html")
    assert document.title == "Hours"
    assert [(part.headings, part.text) for part in document.sections] == [
        ((), "Hours\nTill nine.\n"),
        (("Übermorgen",), "Übermorgen\nClosed.\n"),
    ]


@pytest.mark.parametrize(
    ("body", "reason"),
    [(pdf("Secret.", password="x"), "encrypted"), (b"no PDF", "no readable PDF")],
    ids=["encrypted", "none"],
)
def test_what_cannot_be_read_is_told(body, reason):
    with pytest.raises(DocumentError, match=f"^{reason}$") as caught:
        read_apart(body, "a.pdf", "pdf")
    assert caught.value.code == "invalid_file"


@pytest.mark.parametrize("kind", ["pdf", "html"])
def test_a_parser_that_does_not_end_is_stopped(kind):
    body = pdf("a") if kind == "pdf" else b"<!--" * 1_000_000
    with pytest.raises(DocumentError, match=r"timeout: not read in 0\.01 s"):
        read_apart(body, "a", kind, seconds=0.01)


def test_a_process_that_ends_without_an_answer_is_a_document_set_aside():
    with pytest.raises(DocumentError, match="the parser broke down"):
        read_apart(b"\xff", "a.html", "html")  # no UTF-8, which the caller makes of it


@pytest.mark.parametrize("error", [MemoryError, RecursionError])
def test_memory_that_is_used_up_is_said(monkeypatch, error):
    def fail(*_of):
        raise error

    monkeypatch.setattr(apart_process, "_read", fail)
    answer = BytesIO()
    assert apart_process.main(BytesIO(b""), answer, "pdf", "a.pdf") == 2
    assert json.loads(answer.getvalue()) == {"reason": "too deeply nested or too large to read"}


def test_the_function_has_memory_beside_what_a_parser_may_take():
    """MiniLM and a document take about 600 MB of it."""
    assert apart_process.MOST_MEMORY + (600 << 20) <= DOCUMENT_MB << 20
