"""The [budget] section."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from stacks.config import BudgetConfig
from tests.support.stage_files import LOCAL, PROD, load, message

LEAST: dict[str, Any] = {"usd_per_month": 100, "emails": ["a@example.com"]}


def test_the_account_is_counted_and_nothing_scales_by_default() -> None:
    budget = BudgetConfig(**LEAST)
    assert (budget.tagged, budget.idle_minutes) == (False, None)


@pytest.mark.parametrize(
    "changed",
    [{"usd_per_month": 0}, {"emails": []}, {"emails": ["nobody"]}, {"idle_minutes": 1}],
)
def test_what_aws_would_refuse_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        BudgetConfig(**{**LEAST, **changed})


def test_a_stage_of_the_local_cloud_has_none(root: Path) -> None:
    assert load(root, PROD, budget=LEAST).budget == BudgetConfig(**LEAST)
    told = message(root, LOCAL, budget=LEAST)
    assert "budget: must be left out with project.package_platform = 'host'" in told
