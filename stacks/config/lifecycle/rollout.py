"""The [rollout] section: the way of an approved version to the stage's traffic."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, StringConstraints

from stacks.config.section import Section


class RolloutConfig(Section):
    """[rollout]: what starts a rollout, and the check that keeps or undoes one.

    Attributes:
        deploy: "on-approval"; "after:STAGE", when that stage has checked the version; or "manual",
            by `twin model rollout` alone. Sets AWS::Events::Rule.EventPattern.
        reject_rolls_back: rejecting the version that serves brings back the one before. Sets
            AWS::Events::Rule.EventPattern.
        golden: file of checks in the model's directory, JSON lines. Sets TWIN_GOLDEN_FILE.
        golden_pass: least share of its checks that must hold. Sets TWIN_GOLDEN_PASS.
        require_golden: roll back a version without that file, instead of keeping it unchecked. Sets
            TWIN_REQUIRE_GOLDEN.
    """

    deploy: Annotated[
        str,
        StringConstraints(pattern=r"^(on-approval|manual|after:[A-Za-z0-9][A-Za-z0-9-]{0,23})$"),
    ] = "on-approval"
    reject_rolls_back: bool = True
    golden: Annotated[str, StringConstraints(pattern=r"^[\w-][\w.-]{0,99}$")] = "golden.jsonl"
    golden_pass: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0
    require_golden: bool = False

    @property
    def after_stage(self) -> str | None:
        """The stage whose check is waited for, if any."""
        kind, _, stage = self.deploy.partition(":")
        return stage if kind == "after" else None
