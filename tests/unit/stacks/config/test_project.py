"""[project]: names and tags that AWS would refuse at deploy are refused here."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from stacks.config import ConfigError, load_stage
from tests.support.stage_files import PROD, load, message, write


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ({"aws:team": "a"}, "aws:team: must not begin with aws:"),
        ({"AWS:team": "a"}, "AWS:team: must not begin with aws:"),
        ({"team#": "a"}, "'team#': must be of 1 to 128 characters: letters, digits"),
        ({"": "a"}, "'': must be of 1 to 128 characters"),
        ({"k" * 129: "a"}, "must be of 1 to 128 characters"),
        ({"team": "a\\nb"}, "team: got 'a\\nb'; must be of at most 256 characters"),
        ({"team": "<script>"}, "team: got '<script>'; must be of at most 256 characters"),
        ({"team": "v" * 257}, "must be of at most 256 characters"),
        ({"Team": "a", "team": "a"}, "team: must be left out beside Team"),
    ],
)
def test_tag_that_aws_refuses_is_refused(root: Path, tags: dict[str, str], expected: str) -> None:
    quoted = {json.dumps(key): value for key, value in tags.items()}
    text = message(root, PROD, project__tags=quoted)
    assert text.startswith("config/test.toml: project.tags.")
    assert expected in text


def test_tags_of_any_language_are_accepted(root: Path) -> None:
    tags = {'"Kosten: Stelle/7+a@b_c-d=e."': "Straße 1", "empty": ""}
    assert load(root, PROD, project__tags=tags).project.tags["empty"] == ""


@pytest.mark.parametrize("stage", ["my_stage", "my stage", "-prod", "prod-", "a" * 25, "größe"])
def test_stage_whose_name_no_stack_can_have_is_refused(root: Path, stage: str) -> None:
    load(root, PROD)
    (root / "config" / "test.toml").rename(root / "config" / f"{stage}.toml")
    with pytest.raises(ConfigError, match=f"stage: got '{stage}'; must match pattern"):
        load_stage(stage, root)


def test_the_longest_names_make_stack_and_endpoint_names_that_aws_takes(root: Path) -> None:
    stage_file = f"{'s' * 24}.toml"
    write(root / "config" / stage_file, PROD, project__name="p" * 24, batch=None)
    stage = load_stage("s" * 24, root)
    # What CreateStack and CreateEndpoint take; the asynchronous endpoint has the longer name.
    for stack in ("serving", "async", "batch", "api"):
        assert re.fullmatch(r"[a-zA-Z][-a-zA-Z0-9]{0,127}", stage.stack_name(stack))
    assert re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", f"{stage.endpoint_name}-async")
