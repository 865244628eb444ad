"""Documents by their extension and content: the reader of each kind, and the limits of all."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from features.documents.apart import read_apart
from features.documents.document import Document, Section, check_bounds
from features.documents.jsonl import read_jsonl
from features.documents.markdown import read_markdown
from features.errors import DocumentError

MOST_BYTES = 32 << 20
MOST_HTML_BYTES = 8 << 20
"""A page that is all marks takes a hundred times its bytes in memory."""

_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_SNIFFED_BYTES = 8192
_MOST_CONTROL_SHARE = 0.01


def _read_text(text: str, name: str) -> Document:
    check_bounds(1, len(text))
    return Document(name, (Section(text),) if text.strip() else ())


_READERS: Mapping[str, Callable[[str, str], Document]] = {
    ".md": read_markdown,
    ".markdown": read_markdown,
    ".txt": _read_text,
    ".text": _read_text,
    ".jsonl": read_jsonl,
}
"""Readers of our own, whose time and memory grow with the text: a test holds each to that."""

_PAGES = (".html", ".htm")
EXTENSIONS = (*_READERS, *_PAGES, ".pdf")


def read_document(body: bytes, name: str) -> Document:
    """Return a document's text and attributes.

    Bytes that are no UTF-8 become replacement characters. An empty document has no sections.

    Args:
        body: the file, of at most `MOST_BYTES`.
        name: file name; its extension decides the reader.

    Raises:
        DocumentError: No reader has the extension, the content is another, or a limit is passed.
    """
    extension = PurePosixPath(name).suffix.lower()
    if extension == ".pdf":
        return read_apart(body, name, "pdf")
    if extension in _PAGES:
        if len(body) > MOST_HTML_BYTES:
            reason = f"limit: {len(body)} bytes of HTML, and {MOST_HTML_BYTES} are read"
            raise DocumentError("invalid_file", reason)
        return read_apart(_decoded(body).encode(), name, "html")
    if extension in _READERS:
        return _READERS[extension](_decoded(body), name)
    raise DocumentError(
        "unsupported_file",
        f"the extension {extension!r} has no reader; there is one for {', '.join(EXTENSIONS)}",
    )


def _decoded(body: bytes) -> str:
    for mark, encoding in (
        (codecs.BOM_UTF8, "utf-8-sig"),
        (codecs.BOM_UTF16_LE, "utf-16"),
        (codecs.BOM_UTF16_BE, "utf-16"),
    ):
        if body.startswith(mark):
            return _lines(body.decode(encoding, "replace"))
    start = body[:_SNIFFED_BYTES]
    if len(_CONTROL.findall(start)) > _MOST_CONTROL_SHARE * len(start):
        raise DocumentError("unsupported_file", "the content is binary, whatever the name says")
    return _lines(body.decode("utf-8", "replace"))


def _lines(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
