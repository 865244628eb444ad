"""The check of Lambda's concurrency: each stream of tokens holds one execution."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from doctor.findings import Finding, failure, ok, warning
from doctor.surroundings import Surroundings
from stacks.config import StageConfig

UNRESERVED: Final = 100
"""Executions that Lambda keeps for functions without a reservation:
https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html"""

_QUOTA: Final = "servicequotas/home/services/lambda/quotas/L-B99A9384"


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Compare the account's limit with the reservation, and with what a new account has."""
    limits = around.client("lambda").get_account_settings()["AccountLimit"]
    limit, free = limits["ConcurrentExecutions"], limits["UnreservedConcurrentExecutions"]
    reserved = config.api.reserved_concurrency if config.api is not None else None
    remedy = f"ask for 1000: {around.console(_QUOTA)}"
    if reserved is None and limit < UNRESERVED:
        yield warning(
            f"the account's limit is {limit} executions: that many streams at once, all "
            "functions together",
            remedy,
        )
    elif reserved is None:
        yield ok(f"{free} of {limit} executions are not reserved")
    else:
        yield _reservation(reserved, limit, free, remedy)


def _reservation(reserved: int, limit: int, free: int, remedy: str) -> Finding:
    key = f"api.reserved_concurrency: got {reserved}"
    if reserved > limit - UNRESERVED:
        most = max(0, limit - UNRESERVED)
        return failure(
            f"{key}; at most {most} of the account's {limit} executions can be reserved",
            f"leave it out, or {remedy}",
        )
    if reserved > free - UNRESERVED:
        return warning(
            f"{key}; {max(0, free - UNRESERVED)} can be reserved, unless the stage has them "
            "already: other functions reserve the rest",
            f"reserve less, or {remedy}",
        )
    return ok(f"{reserved} of {free} executions can be reserved")
