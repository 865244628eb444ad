"""The check of CDK's bootstrap, without which nothing is deployed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from doctor.findings import Finding, failure, ok
from doctor.surroundings import Surroundings
from stacks.account_reads import BOOTSTRAP_VERSION
from stacks.config import StageConfig

LEAST_VERSION: Final = 6
"""Oldest bootstrap that the templates' own rule `CheckBootstrapVersion` lets pass."""


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Look at the version that CDK's bootstrap keeps in a parameter.

    https://docs.aws.amazon.com/cdk/v2/guide/bootstrapping-env.html
    """
    remedy = f"make bootstrap STAGE={config.stage}"
    parameters = around.client("ssm")
    try:
        found = parameters.get_parameter(Name=BOOTSTRAP_VERSION)["Parameter"]["Value"]
    except parameters.exceptions.ParameterNotFound:
        yield failure(f"{around.region} is not bootstrapped for CDK in this account", remedy)
        return
    if not found.isdecimal() or int(found) < LEAST_VERSION:
        yield failure(f"version {found} is too old: it must be {LEAST_VERSION} or newer", remedy)
    else:
        yield ok(f"version {found}")
