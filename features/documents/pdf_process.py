"""The process that parses one PDF: bytes on standard input, the text of the pages on its output.

The first line is "ok", or with status 2 the reason; then the title and the pages, with a form
feed in front of each page.
"""

from __future__ import annotations

import io
import resource
import sys
from typing import BinaryIO

from pypdf import PdfReader
from pypdf.errors import PyPdfError

_MOST_MEMORY = 2 << 30
_UNREADABLE = 2


class _RefusedError(Exception):
    """A PDF with a reason not to read it."""


def main(source: BinaryIO, target: BinaryIO, most_pages: int) -> int:
    """Write a PDF's text, or the reason for its absence; return the exit status."""
    try:
        text = f"ok\n{_text(source.read(), most_pages)}"
        status = 0
    except _RefusedError as refused:
        text, status = str(refused), _UNREADABLE
    except (PyPdfError, ValueError, KeyError, TypeError, IndexError, AttributeError):
        text, status = "no readable PDF", _UNREADABLE
    except (RecursionError, MemoryError):
        text, status = "too deeply nested or too large to read", _UNREADABLE
    target.write(text.encode("utf-8", "replace"))
    return status


def _text(body: bytes, most_pages: int) -> str:
    reader = PdfReader(io.BytesIO(body))
    if reader.is_encrypted:
        raise _RefusedError("encrypted")
    if len(reader.pages) > most_pages:
        raise _RefusedError(f"limit: {len(reader.pages)} pages, and {most_pages} are read")
    pages = [page.extract_text().replace("\f", " ") for page in reader.pages]
    if not any(page.strip() for page in pages):
        raise _RefusedError("no text in it")
    title = str((reader.metadata and reader.metadata.title) or "").replace("\f", " ")
    return "\f".join([title, *pages])


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (_MOST_MEMORY, _MOST_MEMORY))
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer, int(sys.argv[1])))
