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
    "features",
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


_HELD = re.compile(r"`(tests/[\w./-]+)(?:::(\w+))?`")
_TARGET = re.compile(r"`make ([\w-]+)`")
_ONLY_AWS = "only AWS can show"


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


def fidelity_rows() -> list[tuple[str, str, str]]:
    """Behaviour, source and test of each row of docs/fidelity.md."""
    lines = (PROJECT / "docs" / "fidelity.md").read_text().splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if "|" in line]
    return [(*row,) for row in cells if row[0] != "behaviour of AWS" and set(row[0]) != {"-"}]


def test_every_behaviour_of_aws_has_a_source_and_a_test_that_exists() -> None:
    """A row that no test holds says so, and a row is written once."""
    makefile = (PROJECT / "Makefile").read_text()
    problems, rows = [], fidelity_rows()
    for row in rows:
        behaviour, source, held = row if len(row) == 3 else (row[0], "", "")
        if not source:
            problems.append(f"{behaviour}: names no source; write `not documented` where none is")
        tests, targets = _HELD.findall(held), _TARGET.findall(held)
        if not (tests or targets or _ONLY_AWS in held):
            problems.append(f"{behaviour}: names no test; write `{_ONLY_AWS}` where none is")
        problems += [f"{behaviour}: no test {path}" for path, name in tests if not has(path, name)]
        problems += [f"{behaviour}: no {t}" for t in targets if f"\n{t}:" not in makefile]
    assert problems == []
    assert len({behaviour for behaviour, *_ in rows}) == len(rows) > 100


def test_the_behaviours_are_counted() -> None:
    rows = fidelity_rows()
    tested = sum(bool(_HELD.search(held) or _TARGET.search(held)) for *_, held in rows)
    counted = f"{len(rows)} behaviours: {tested} with a test, {len(rows) - tested} that only AWS"
    assert counted in " ".join((PROJECT / "docs" / "fidelity.md").read_text().split())


def has(path: str, name: str) -> bool:
    """True if a module of tests, or a folder of them, has a test (of this name)."""
    found = PROJECT / path
    modules = [found] if found.is_file() else [*found.rglob("test_*.py")]
    return any(f"def {name or 'test_'}" in module.read_text() for module in modules)
