from __future__ import annotations

from contextlib import suppress
from time import process_time

import pytest

from features.documents import document, reading
from features.documents.reading import read_document
from features.errors import DocumentError
from tests.support.features.pdf_files import pdf


def text(body, name="a.txt"):
    return "".join(part.text for part in read_document(body, name).sections)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Grüße".encode(), "Grüße"),
        (b"\xef\xbb\xbfabc", "abc"),
        ("Grüße".encode("utf-16"), "Grüße"),
        (b"a\xffb", "a\ufffdb"),
        (b"a\r\nb\rc", "a\nb\nc"),
        (b"", ""),
    ],
)
def test_bytes_are_decoded(body, expected):
    assert text(body) == expected


@pytest.mark.parametrize(
    ("body", "name", "inside"),
    [
        (b"# A\nmark", "a.MD", "mark"),
        (b"<p>tag</p>", "a.html", "tag"),
        (b'{"text": "line"}', "a.jsonl", "line"),
        (pdf("page"), "a.pdf", "page"),
    ],
)
def test_the_extension_decides_the_reader(body, name, inside):
    assert inside in text(body, name)


@pytest.mark.parametrize("name", ["a.exe", "a", "a.docx", "a.md.zip"])
def test_other_extensions_are_unsupported(name):
    with pytest.raises(DocumentError, match="has no reader") as caught:
        read_document(b"x", name)
    assert caught.value.code == "unsupported_file"


@pytest.mark.parametrize("body", [bytes(range(256)) * 9, b"\x7fELF\x02\x01\x01" + b"\x00" * 99])
def test_a_binary_file_named_md_is_unsupported(body):
    with pytest.raises(DocumentError, match="the content is binary") as caught:
        read_document(body, "a.md")
    assert caught.value.code == "unsupported_file"


@pytest.mark.parametrize(
    ("body", "name"),
    [
        (b"x" * 11, "a.txt"),
        (b"x" * 11, "a.md"),
        (b'{"text": "xxxxxx"}\n{"text": "xxxxx"}', "a.jsonl"),
    ],
)
def test_too_much_text_is_refused(monkeypatch, body, name):
    monkeypatch.setattr(document, "MOST_CHARACTERS", 10)
    with pytest.raises(DocumentError, match="more than 10 characters of text"):
        read_document(body, name)


@pytest.mark.parametrize(("line", "name"), [(b'{"text": "a"}\n', "a.jsonl"), (b"# a\nb\n", "a.md")])
def test_too_many_sections_are_refused(line, name):
    assert len(read_document(line * 10_000, name).sections) == 10_000
    with pytest.raises(DocumentError, match="more than 10000 sections"):
        read_document(line * 10_010, name)


def test_large_html_is_not_begun(monkeypatch):
    monkeypatch.setattr(reading, "MOST_HTML_BYTES", 10)
    with pytest.raises(DocumentError, match="limit: 12 bytes of HTML, and 10 are read"):
        read_document(b"<p>hello</p>", "a.html")


@pytest.mark.parametrize("name", ["a.md", "a.txt", "a.jsonl"])
@pytest.mark.parametrize(
    "pattern",
    [
        "# a\n",
        "# a ",
        "###### \n",
        "---\n",
        "```\n",
        "a: b\n",
        "\n",
        "\r",
        " \n",
        "[",
        "{",
        '"',
        "\\",
    ],
)
def test_no_reader_takes_more_time_than_a_text_is_long(name, pattern):
    """Ours run in the function's own process, where nothing stops them."""
    body = (pattern * 800_000)[:800_000].encode()
    began = process_time()
    with suppress(DocumentError):
        read_document(body, name)
    assert process_time() - began < 5
