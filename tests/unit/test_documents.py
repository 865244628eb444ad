"""Links, files and rooms that the documents name are there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.support.project import PROJECT

DOCUMENTS = sorted(
    [*PROJECT.glob("*.md"), *(PROJECT / "docs").rglob("*.md"), *PROJECT.glob("benchmarks/*.md")]
)
MODULES = frozenset(
    path.relative_to(PROJECT).as_posix()
    for path in [*PROJECT.glob("*.py"), *PROJECT.glob("[!.]*/**/*.py")]
    if "node_modules" not in path.parts
)
PATTERNS = {"tests/unit/a/b/test_c.py", "a/b/c.py"}
_LINK = re.compile(r"\]\((?!https?://|#|mailto:)([^)#\s]+)(?:#([^)\s]+))?\)")
_HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
_MODULE = re.compile(r"`([\w./-]+\.py)`")


HOUSES = (
    "lambda_api",
    "stacks/constructs",
    "localcloud",
    "localcloud/sagemaker",
    "planner",
    "model_artifacts",
    "twin",
)
_RECORD_HEADING = re.compile(r"# (?P<number>\d+)\. (?P<title>.+)")
_RECORD_ROW = re.compile(
    r"^\| \[(?P<number>\d{4})\]\((?P<file>[^)]+)\) \| (?P<title>.+?) \| (?P<line>.+?) "
    r"\| `(?P<room>[^`]+)/` \|$",
    re.MULTILINE,
)


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


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(PROJECT)))
def test_every_module_that_a_document_names_exists(document: Path) -> None:
    """A name that moved is corrected in records too: a reader searches for it."""
    named = set(_MODULE.findall(document.read_text())) - PATTERNS

    assert sorted(named - MODULES - _bare_names()) == []


def _bare_names() -> set[str]:
    return {path.rpartition("/")[2] for path in MODULES}


def test_every_decision_record_is_in_the_table_under_its_own_title() -> None:
    folder = PROJECT / "docs" / "decisions"
    headings = {
        path.name: _RECORD_HEADING.match(path.read_text()) for path in sorted(folder.glob("0*.md"))
    }
    records = [
        (f"{int(heading['number']):04}", name, heading["title"])
        for name, heading in headings.items()
        if heading
    ]

    rows = list(_RECORD_ROW.finditer((folder / "README.md").read_text()))

    assert None not in headings.values()
    assert [(row["number"], row["file"], row["title"]) for row in rows] == records
    assert [row["room"] for row in rows if not (PROJECT / row["room"]).is_dir()] == []


@pytest.mark.parametrize("house", HOUSES)
def test_the_map_shows_every_room(house: str) -> None:
    rooms = sorted(path.parent.name for path in (PROJECT / house).glob("*/__init__.py"))

    shown = (PROJECT / "docs" / "architecture.md").read_text()

    assert rooms
    assert [room for room in rooms if f"| `{room}/` |" not in shown] == []
