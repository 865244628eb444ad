"""The change of a stage's monthly cost that a deployment would make."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from doctor.aws_errors import AWS_ERRORS, aws_sentence

_PRICED = ("serving", "async")


def cost_change(
    stack_prefix: str, region: str | None, assembly: Path, *, since: float = 0.0
) -> str | None:
    """Return what a change costs a month, or why that is not known, in a sentence.

    Args:
        stack_prefix: of the stage's stacks, such as twin-prod.
        region: that the stage is deployed in; None is the one of the credentials.
        assembly: directory that the CDK command line has synthesized into.
        since: epoch seconds; templates older than that are none of this change.

    Returns:
        None where nothing was synthesized.
    """
    import boto3

    from planner.billing.template import difference, standing
    from planner.errors import PlanError
    from planner.prices.price_list import REGION

    synthesized = [*_synthesized(assembly, stack_prefix, since)]
    if not synthesized:
        return None
    try:
        session = boto3.Session(region_name=region)
        deployed = [*_deployed(session.client("cloudformation"), stack_prefix)]
        place = session.region_name or REGION
        return difference(standing(deployed, place), standing(synthesized, place))
    except AWS_ERRORS as error:
        return f"cost: not compared: {aws_sentence(error)}"
    except PlanError as error:
        return f"cost: not compared: {error}"


def _deployed(client: Any, prefix: str) -> Iterator[dict[str, Any]]:  # noqa: ANN401 - boto3's own
    """Yield the templates of the stacks that are there."""
    for kind in _PRICED:
        try:
            body = client.get_template(StackName=f"{prefix}-{kind}")["TemplateBody"]
        except client.exceptions.ClientError as error:
            if "does not exist" not in str(error):
                raise
        else:
            yield body if isinstance(body, dict) else json.loads(body)


def _synthesized(assembly: Path, prefix: str, since: float) -> Iterator[dict[str, Any]]:
    for kind in _PRICED:
        path = assembly / f"{prefix}-{kind}.template.json"
        if path.exists() and path.stat().st_mtime >= since:
            yield json.loads(path.read_text(encoding="utf-8"))
