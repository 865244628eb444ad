"""docs/config.md is what the models say, and no key goes without a description or a target."""

from __future__ import annotations

from pathlib import Path

import pytest

from stacks.config.reference import Table, UndocumentedKeyError, render, section_lines, tables
from stacks.config.section import Section
from tests.support.project import PROJECT
from tests.support.stage_files import PROD


def test_the_committed_reference_is_up_to_date() -> None:
    command = "run `python -m stacks.config.reference > docs/config.md`"
    assert (PROJECT / "docs" / "config.md").read_text() == render(), command


def test_every_section_of_a_stage_has_a_table() -> None:
    headings = [table.heading for table in tables()]
    assert {f"[{name}]" for name in PROD} <= {*headings}
    assert "[[realtime.autoscaling.schedules]]" in headings
    assert "[async.webhook]" in headings


class Silent(Section):
    """[silent]."""

    key: int = 1


class Aimless(Section):
    """[aimless].

    Attributes:
        key: number of things.
    """

    key: int = 1


class Complete(Section):
    """[complete].

    Attributes:
        key: number of things, which may be
            spelled over two lines. Sets AWS::S3::Bucket.Things or TWIN_THINGS.
    """

    key: int = 1


@pytest.mark.parametrize(
    ("model", "complaint"),
    [
        (Silent, r"test: key must stand under Attributes: in Silent"),
        (Aimless, r'test\.key: must end in "Sets \.\.\."'),
    ],
)
def test_a_key_that_is_not_documented_is_refused(model: type[Section], complaint: str) -> None:
    with pytest.raises(UndocumentedKeyError, match=complaint):
        list(section_lines(Table("test", model, False, "a test")))


def test_a_row_says_all_there_is_to_know_of_a_key() -> None:
    assert list(section_lines(Table("test", Complete, False, "a test")))[-2] == (
        "| `key` | integer | `1` |  | Number of things, which may be spelled over two lines. "
        "| `AWS::S3::Bucket.Things` or `TWIN_THINGS` |"
    )


@pytest.fixture
def stage_file(tmp_path: Path) -> Path:
    (tmp_path / "config").mkdir()
    return tmp_path / "config" / "only.toml"


def test_keys_that_no_stage_shows_are_listed(stage_file: Path) -> None:
    stage_file.write_text("[project]\nname = 'a'\n# account = '1'\n\n# [project.tags]\n")
    unused = render(stage_file.parents[1]).splitlines()[-1]
    assert "`project.region`" in unused
    for key in ("name", "account", "tags"):
        assert f"`project.{key}`" not in unused
