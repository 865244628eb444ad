"""The budget of a stage: who is told before a month costs more than it may."""

from __future__ import annotations

import hashlib
import json

from aws_cdk import Environment, Stack
from aws_cdk import aws_budgets as budgets
from constructs import Construct

from stacks.config import BudgetConfig, StageConfig

_Budget = budgets.CfnBudget
_ACTUAL_PERCENT, _FORECAST_PERCENT = 80, 100


class BudgetStack(Stack):
    """An AWS Budget of a month, which tells of 80% spent and of a forecast above all of it."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        budget: BudgetConfig,
        stage_tag: str,
        env: Environment,
    ) -> None:
        """Describe the budget.

        Args:
            scope: app.
            construct_id: name of the stack.
            config: the stage.
            budget: its section.
            stage_tag: name of the tag that holds the stage's name.
            env: account and region.
        """
        description = f"{config.model.id}: budget"
        super().__init__(scope, construct_id, description=description, env=env)
        tag = f"user:{stage_tag}${config.endpoint_name}"
        _Budget(
            self,
            "Budget",
            budget=_Budget.BudgetDataProperty(
                budget_name=_name(config, budget),
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=_Budget.SpendProperty(amount=budget.usd_per_month, unit="USD"),
                cost_filters={"TagKeyValue": [tag]} if budget.tagged else None,
            ),
            notifications_with_subscribers=[
                _told(budget, "ACTUAL", _ACTUAL_PERCENT),
                _told(budget, "FORECASTED", _FORECAST_PERCENT),
            ],
        )


def _name(config: StageConfig, budget: BudgetConfig) -> str:
    """Return a name that changes with what replaces a budget: who is told, and the tags.

    CloudFormation makes the next budget before the last one goes, and no two have one name:
    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-resource-budgets-budget.html
    """
    told = [*budget.emails, _ACTUAL_PERCENT, _FORECAST_PERCENT]
    fixed = json.dumps([told, config.project.tags], sort_keys=True)
    return f"{config.endpoint_name}-{hashlib.sha256(fixed.encode()).hexdigest()[:8]}"


def _told(
    budget: BudgetConfig, kind: str, percent: float
) -> budgets.CfnBudget.NotificationWithSubscribersProperty:
    return _Budget.NotificationWithSubscribersProperty(
        notification=_Budget.NotificationProperty(
            notification_type=kind,
            comparison_operator="GREATER_THAN",
            threshold=percent,
            threshold_type="PERCENTAGE",
        ),
        subscribers=[
            _Budget.SubscriberProperty(subscription_type="EMAIL", address=address)
            for address in budget.emails
        ],
    )
