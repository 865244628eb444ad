"""[ci]: a repository is written as the subject of its tokens names it."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from stacks.config import CiConfig


@pytest.mark.parametrize("repository", ["octocat@123456/my-repo@456789", "octocat/my-repo"])
def test_a_repository_is_taken_in_both_forms(repository: str) -> None:
    assert CiConfig(repository=repository).repository == repository


@pytest.mark.parametrize(
    "repository",
    [
        "octocat@123456/my-repo",
        "octocat/my-repo@456789",
        "octocat@/my-repo@",
        "octocat@*/my-repo@*",
    ],
)
def test_a_repository_with_one_id_or_none_that_is_a_number_is_refused(repository: str) -> None:
    with pytest.raises(ValidationError, match="repository"):
        CiConfig(repository=repository)
