"""The process that parses one document: bytes on standard input, JSON on its output.

The answer is `{"title", "sections": [[text, headings], ...]}`, or with status 2 `{"reason"}`.
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from typing import Any, BinaryIO

from features.documents.apart import UNREADABLE
from features.documents.document import Document
from features.errors import DocumentError

MOST_MEMORY = 1 << 30
"""Bytes of address space: the function has 1,769 MB, and the embedder its part of them."""


def main(source: BinaryIO, target: BinaryIO, kind: str, name: str) -> int:
    """Write a document, or the reason for its absence; return the exit status."""
    told, status = _answer(source, kind, name)
    target.write(json.dumps(told).encode())
    return status


def _answer(source: BinaryIO, kind: str, name: str) -> tuple[dict[str, Any], int]:
    try:
        document = _read(source.read(), kind, name)
    except DocumentError as refused:
        return {"reason": refused.reason}, UNREADABLE
    except (RecursionError, MemoryError):
        return {"reason": "too deeply nested or too large to read"}, UNREADABLE
    sections = [[section.text, section.headings] for section in document.sections]
    return {"title": document.title, "sections": sections}, 0


def _read(body: bytes, kind: str, name: str) -> Document:
    # The parser that is needed alone: each takes 0.1 s of CPU to be imported.
    reader = import_module(f"features.documents.{kind}")
    document: Document = (
        reader.read_pdf(body, name) if kind == "pdf" else reader.read_html(body.decode(), name)
    )
    return document


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_AS, (MOST_MEMORY, MOST_MEMORY))
    sys.exit(main(sys.stdin.buffer, sys.stdout.buffer, sys.argv[1], sys.argv[2]))
