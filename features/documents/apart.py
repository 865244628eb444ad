"""Documents whose parsers are not ours, read by a process of its own that can be stopped.

A parser that loops, or takes all memory, ends with its process, and the next document is read.
docs/decisions/0210-a-hostile-document-costs-its-owner.md
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Literal

from features.documents.document import Document, Section
from features.errors import DocumentError

MOST_SECONDS = 60
UNREADABLE = 2
"""Exit status of a process with a reason in place of a document."""


def read_apart(
    body: bytes, name: str, kind: Literal["pdf", "html"], seconds: float = MOST_SECONDS
) -> Document:
    """Return a PDF's or a page's text; an HTML page comes as UTF-8.

    Args:
        body: the file.
        name: title, if the file tells none.
        kind: whose parser it takes.
        seconds: longest time that the parser may take.

    Raises:
        DocumentError: Not readable, over a limit, or not read in time.
    """
    try:
        done = subprocess.run(  # noqa: S603 - this Python, a module of ours
            [sys.executable, "-m", "features.documents.apart_process", kind, name],
            input=body,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,  # a parser's warnings may be longer than the document
            timeout=seconds,
            check=False,
            env={"PYTHONPATH": os.pathsep.join(sys.path)},
        )
    except subprocess.TimeoutExpired:
        raise DocumentError("invalid_file", f"timeout: not read in {seconds:g} s") from None
    if done.returncode not in (0, UNREADABLE):
        reason = "the parser broke down, or took more memory than a document may"
        raise DocumentError("invalid_file", reason)
    told = json.loads(done.stdout)
    if done.returncode:
        raise DocumentError("invalid_file", told["reason"])
    sections = (Section(text, tuple(headings)) for text, headings in told["sections"])
    return Document(told["title"], tuple(sections))
