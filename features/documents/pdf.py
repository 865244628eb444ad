"""PDF: the text of each page."""

from __future__ import annotations

import io

from pypdf import PdfReader
from pypdf.errors import PyPdfError

from features.documents.document import Document, Section, check_bounds, cut_heading
from features.errors import DocumentError

MOST_PAGES = 500


def read_pdf(body: bytes, name: str) -> Document:
    """Return the text of a PDF by pages.

    Args:
        body: the file.
        name: title, if the file tells none.

    Raises:
        DocumentError: Encrypted, too long, no PDF, or without text.
    """
    try:
        title, pages = _read(body)
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        raise DocumentError("invalid_file", "no readable PDF") from None
    if not any(page.strip() for page in pages):
        raise DocumentError("invalid_file", "no text in it")
    sections = (Section(page, (f"page {number}",)) for number, page in enumerate(pages, 1))
    kept = tuple(part for part in sections if part.text.strip())
    return Document(cut_heading(title.strip()) or name, kept)


def _read(body: bytes) -> tuple[str, list[str]]:
    reader = PdfReader(io.BytesIO(body))
    if reader.is_encrypted:
        raise DocumentError("invalid_file", "encrypted")
    if len(reader.pages) > MOST_PAGES:
        reason = f"limit: {len(reader.pages)} pages, and {MOST_PAGES} are read"
        raise DocumentError("invalid_file", reason)
    pages = []
    characters = 0
    for number, page in enumerate(reader.pages, 1):
        # Half a surrogate, which a broken font may make, is no text of UTF-8.
        pages.append(page.extract_text().encode("utf-8", "replace").decode())
        characters += len(pages[-1])
        check_bounds(number, characters)
    title = str((reader.metadata and reader.metadata.title) or "")
    return title.encode("utf-8", "replace").decode(), pages
