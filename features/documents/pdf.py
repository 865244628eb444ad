"""PDF: the text of each page, read by a process of its own that can be stopped.

A parser that loops, or takes all memory, ends with its process, and the next document is read.
"""

from __future__ import annotations

import os
import subprocess
import sys

from features.documents.document import Document, Section
from features.errors import DocumentError

MOST_PAGES = 500
MOST_SECONDS = 60
_PAGE_END = "\f"


def read_pdf(body: bytes, name: str, seconds: float = MOST_SECONDS) -> Document:
    """Return the text of a PDF by pages.

    Args:
        body: the file.
        name: title, if the file tells none.
        seconds: longest time that the parser may take.

    Raises:
        DocumentError: Encrypted, too long, no PDF, without text, or not read in time.
    """
    command = [sys.executable, "-m", "features.documents.pdf_process", str(MOST_PAGES)]
    try:
        done = subprocess.run(  # noqa: S603 - this Python, a module of ours
            command,
            input=body,
            capture_output=True,
            timeout=seconds,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    except subprocess.TimeoutExpired:
        raise DocumentError("invalid_file", f"timeout: not read in {seconds:g} s") from None
    status, _, text = done.stdout.decode(errors="replace").partition("\n")
    if done.returncode or status != "ok":
        raise DocumentError("invalid_file", status if done.returncode == 2 else "no readable PDF")
    title, *pages = text.split(_PAGE_END)
    sections = (Section(page, (f"page {number}",)) for number, page in enumerate(pages, 1))
    return Document(title.strip() or name, tuple(part for part in sections if part.text.strip()))
