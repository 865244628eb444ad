"""The workflows: actions pinned by commit, few rights, and commands that exist."""

from __future__ import annotations

import re

import pytest
import yaml

from tests.support.project import PROJECT

WORKFLOWS = sorted((PROJECT / ".github" / "workflows").glob("*.yml"))


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned_by_commit(path: object) -> None:
    text = PROJECT.joinpath(str(path)).read_text()
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for action, comment in used:
        assert re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r" # v\d+\.\d+\.\d+", comment), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_token_is_asked_for_by_jobs_that_deploy(path: object) -> None:
    workflow = yaml.safe_load(PROJECT.joinpath(str(path)).read_text())
    assert workflow["permissions"] == {"contents": "read"}
    for name, job in workflow["jobs"].items():
        deploys = any("configure-aws-credentials" in step.get("uses", "") for step in job["steps"])
        assert ("id-token" in job.get("permissions", {})) == deploys, name
        assert job["timeout-minutes"] <= 120


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_credentials_last_as_long_as_their_job(path: object) -> None:
    workflow = yaml.safe_load(PROJECT.joinpath(str(path)).read_text())
    for name, job in workflow["jobs"].items():
        for step in job["steps"]:
            if "configure-aws-credentials" in step.get("uses", ""):
                # https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
                seconds = step["with"].get("role-duration-seconds", 3600)
                assert job["timeout-minutes"] * 60 <= seconds, name


def test_make_targets_of_workflows_exist() -> None:
    targets = set(re.findall(r"(?m)^([a-z-]+):", (PROJECT / "Makefile").read_text()))
    for path in WORKFLOWS:
        assert set(re.findall(r"run: make ([a-z-]+)", path.read_text())) <= targets
