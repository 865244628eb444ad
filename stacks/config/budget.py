"""The [budget] section: what a month may cost, and the end of capacity that nobody uses."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from stacks.config.section import Section

Address = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=50)]
"""An address as AWS Budgets takes it: at most 50 characters."""


class BudgetConfig(Section):
    """[budget]: an AWS Budget that writes before it is spent, and an alarm of idle capacity.

    Nothing is ever deleted: the alarm brings the real-time capacity to its minimum.
    https://docs.aws.amazon.com/cost-management/latest/userguide/budgets-managing-costs.html

    Attributes:
        usd_per_month: most that a month may cost, in USD; written at 80% of it, and when the
            forecast is above it. Sets AWS::Budgets::Budget.BudgetLimit.
        emails: addresses that are written to. Sets AWS::Budgets::Budget.Subscribers.
        tagged: true to count the costs of this stage alone, by the tag llm-twin:stage, which must
            be activated as a cost allocation tag first; left out, the whole account's. Sets
            AWS::Budgets::Budget.CostFilters.
        idle_minutes: minutes without a request, that of the probe left out, after which the
            real-time capacity goes to its minimum, whatever its metric says; left out, scaling
            decides alone. Sets AWS::CloudWatch::Alarm.EvaluationPeriods.
    """

    usd_per_month: Annotated[float, Field(gt=0, le=100_000_000, strict=False)]
    emails: Annotated[list[Address], Field(min_length=1, max_length=10)]
    tagged: bool = False
    idle_minutes: Annotated[int, Field(ge=5, le=1440)] | None = None
