"""HTML: the text that a reader sees, by headings, without navigation and scripts."""

from __future__ import annotations

import warnings

from bs4 import BeautifulSoup, XMLParsedAsHTMLWarning
from bs4.element import NavigableString, Tag

from features.documents.document import Document
from features.documents.outline import Outline
from features.errors import DocumentError

_UNSEEN = ["script", "style", "noscript", "template", "nav", "svg", "iframe", "form"]
_BLOCKS = frozenset(
    [
        "address",
        "article",
        "aside",
        "blockquote",
        "body",
        "br",
        "dd",
        "div",
        "dl",
        "dt",
        "figcaption",
        "figure",
        "footer",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "header",
        "hr",
        "li",
        "main",
        "ol",
        "p",
        "pre",
        "section",
        "table",
        "td",
        "th",
        "tr",
        "ul",
    ]
)
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def read_html(text: str, name: str) -> Document:
    """Return a page's text by headings; the title is the page's, or its first heading.

    Raises:
        DocumentError: The page is nested too deeply to be read, or has too much text.
    """
    try:
        return _read(text, name)
    except RecursionError:
        raise DocumentError("invalid_file", "the page is nested too deeply") from None


def _read(text: str, name: str) -> Document:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", XMLParsedAsHTMLWarning)
        page = BeautifulSoup(text, "html.parser")
    title = page.title.get_text(" ", strip=True) if page.title else ""
    for tag in page.find_all([*_UNSEEN, "title"]):
        tag.decompose()
    outline = Outline(title, title_level=6)
    for part in _parts(page):
        outline.add(*part)
    return outline.document(name, {})


def _parts(page: BeautifulSoup) -> list[tuple[int, str, str]]:
    """Return the texts cut before each heading, with the heading's level and words."""
    parts: list[tuple[int, str, list[str]]] = [(0, "", [])]
    for node in page.descendants:
        if isinstance(node, Tag) and node.name in _BLOCKS:
            if node.name in _HEADINGS:
                heading = " ".join(node.get_text(" ").split())
                parts.append((_HEADINGS[node.name], heading, []))
            parts[-1][2].append("\n")
        elif type(node) is NavigableString:  # comments and doctypes are its subclasses
            parts[-1][2].append(" ".join(node.split("\n")))
    return [(level, heading, _tidy("".join(words))) for level, heading, words in parts]


def _tidy(text: str) -> str:
    lines = (" ".join(line.split()) for line in text.split("\n"))
    return "\n".join(line for line in lines if line) + "\n"
