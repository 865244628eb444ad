"""Cost of what CloudFormation templates keep running, so that two can be compared."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planner.billing.load import MONTH
from planner.prices.price_list import REGION, instance_price

Template = Mapping[str, Any]


@dataclass(frozen=True)
class Standing:
    """USD an hour of a template's instances.

    Attributes:
        least: at rest.
        most: with every instance that scaling may start.
    """

    least: float = 0.0
    most: float = 0.0


def standing(templates: Iterable[Template], region: str = REGION) -> Standing:
    """Return what the endpoints of some templates cost an hour.

    Raises:
        PlanError: there is no price for the region or for an instance type.
    """
    found = [_standing(template, region) for template in templates]
    return Standing(sum(each.least for each in found), sum(each.most for each in found))


def difference(before: Standing, after: Standing) -> str:
    """Return what a change costs a month, in a sentence."""
    least, most = (after.least - before.least) * MONTH, (after.most - before.most) * MONTH
    return (
        f"cost: {least:+,.0f} USD a month at rest ({before.least * MONTH:,.0f} to "
        f"{after.least * MONTH:,.0f}), {most:+,.0f} at most ({before.most * MONTH:,.0f} to "
        f"{after.most * MONTH:,.0f})"
    )


def _standing(template: Template, region: str) -> Standing:
    resources = template.get("Resources", {}).values()
    targets = [_of(each) for each in resources if _type(each, "ApplicationAutoScaling::Scalable")]
    least = most = 0.0
    for config in (_of(each) for each in resources if _type(each, "SageMaker::EndpointConfig")):
        for variant in config["ProductionVariants"]:
            usd = instance_price(_instance(variant), region).usd
            low, high = _counts(variant, targets)
            least, most = least + low * usd, most + high * usd
        for variant in _shadows(config):
            count = float(variant["InitialInstanceCount"])
            most += count * instance_price(_instance(variant), region).usd
    return Standing(least, most)


def _shadows(config: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return the shadow variants that a parameter may bring: `Fn::If`, the variants, nothing."""
    given = config.get("ShadowProductionVariants", {})
    return list(given["Fn::If"][1]) if given else []


def _instance(variant: Mapping[str, Any]) -> str:
    pools = variant.get("InstancePools")
    return str(pools[0]["InstanceType"] if pools else variant["InstanceType"])


def _counts(variant: Mapping[str, Any], targets: list[Mapping[str, Any]]) -> tuple[float, float]:
    if targets:
        return float(targets[0]["MinCapacity"]), float(targets[0]["MaxCapacity"])
    managed = variant.get("ManagedInstanceScaling")
    if managed:
        return float(managed["MinInstanceCount"]), float(managed["MaxInstanceCount"])
    count = float(variant.get("InitialInstanceCount", 1))
    return count, count


def _type(resource: Mapping[str, Any], name: str) -> bool:
    return name in str(resource.get("Type"))


def _of(resource: Mapping[str, Any]) -> Mapping[str, Any]:
    properties: Mapping[str, Any] = resource["Properties"]
    return properties
