"""The examination: every check in order, and the exit status that follows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Final, Literal

from doctor.aws_errors import AWS_ERRORS, aws_sentence, is_denied, is_unreachable
from doctor.checks import (
    adapter_layer,
    bootstrap,
    concurrency,
    hub,
    identity,
    images,
    kept_variant,
    quotas,
    regional,
    scaling,
    served_version,
    stack_states,
    webhook,
    weights,
)
from doctor.findings import Finding, denied, failure
from doctor.surroundings import Surroundings
from stacks.config import StageConfig

FAILURES: Final = 1
"""Exit status where something fails the deployment."""

NOTHING_SEEN: Final = 3
"""Exit status where nothing of the account may be looked at."""


@dataclass(frozen=True)
class Check:
    """One look at the surroundings of a stage.

    Attributes:
        name: subject of the findings.
        look: function that yields the findings.
        needs: rights in the account, a signed-in caller, or nothing.
    """

    name: str
    look: Callable[[Surroundings, StageConfig], Iterator[Finding]]
    needs: Literal["rights", "sign-in", "nothing"] = "rights"


_IDENTITY: Final = Check("credentials", identity.look, needs="nothing")

CHECKS: Final = (
    Check("bootstrap", bootstrap.look),
    Check("region", regional.look_at_types, needs="sign-in"),
    Check("scale to zero", regional.look_at_components),
    Check("variant", kept_variant.look),
    Check("quotas", quotas.look),
    Check("lambda", concurrency.look),
    Check("layer", adapter_layer.look),
    Check("images", images.look),
    Check("artifacts", weights.look_at_directory, needs="nothing"),
    Check("weights", weights.look_in_bucket),
    Check("hub", hub.look, needs="nothing"),
    Check("webhook", webhook.look),
    Check("version", served_version.look),
    Check("scaling role", scaling.look),
    Check("stacks", stack_states.look),
)
"""Every check of a stage, once it is known who looks, and where."""

_WITH_RIGHTS: Final = {check.name for check in CHECKS if check.needs == "rights"}


def examine(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Yield the findings of every check in order; the checks wait for AWS side by side.

    Without credentials or a region nothing else of the account can be looked at: then the
    checks that need nothing follow alone.
    """
    signed_in = True
    for finding in _run(_IDENTITY, around, config):
        signed_in &= finding.outcome == "ok"
        yield finding
    checks = [check for check in CHECKS if signed_in or check.needs == "nothing"]
    with ThreadPoolExecutor(len(CHECKS)) as pool:
        for findings in pool.map(lambda check: [*_run(check, around, config)], checks):
            yield from findings


def _run(check: Check, around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Run one check; an error of AWS is a finding like others."""
    try:
        for finding in check.look(around, config):
            yield replace(finding, check=check.name)
    except AWS_ERRORS as error:
        tell = denied if is_denied(error) or is_unreachable(error) else failure
        yield replace(tell(aws_sentence(error), ""), check=check.name)


def exit_status(findings: Iterable[Finding]) -> int:
    """Return 0, `FAILURES`, or `NOTHING_SEEN` where every look that needs rights was denied."""
    found = [*findings]
    if any(finding.outcome == "failure" for finding in found):
        return FAILURES
    looked = [finding.outcome for finding in found if finding.check in _WITH_RIGHTS]
    return NOTHING_SEEN if looked and {*looked} == {"denied"} else 0
