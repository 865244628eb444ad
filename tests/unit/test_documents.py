"""What the documents point to is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.project import PROJECT

DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *PROJECT.glob("benchmarks/*.md")]
)
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)


def anchors(document: Path) -> set[str]:
    """The ids GitHub gives a document's headings."""
    headings = _HEADING.findall(document.read_text())
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_link_within_the_project_leads_somewhere(document: Path) -> None:
    for target, anchor in _LINK.findall(document.read_text()):
        linked = document.parent / target
        assert linked.exists(), target
        if anchor and linked.suffix == ".md":
            assert anchor in anchors(linked), f"{target}#{anchor}"
