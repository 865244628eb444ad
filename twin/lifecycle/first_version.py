"""The version that a stage serves first, without which its stacks cannot be deployed."""

from __future__ import annotations

from pathlib import Path

from doctor.checks import served_version
from doctor.surroundings import Surroundings
from lambda_api.aws.lifecycle.cloudformation import CloudFormationStacks
from lambda_api.aws.lifecycle.ssm_parameter import SsmParameter
from lambda_api.rollouts.deployment import SHADOW_PARAMETER
from lambda_api.rollouts.schemas import NO_SHADOW
from model_artifacts.packaging.manifest import Manifest
from model_artifacts.publishing.upload import push
from model_artifacts.registry.version import Version
from twin.errors import UserError
from twin.lifecycle.registering import register
from twin.lifecycle.stage import ModelStage
from twin.progress import errors


def ensure_first_version(stage: ModelStage, project: Path) -> None:
    """See that the stage's parameter names a version; make the first one where config says so.

    Raises:
        UserError: No version serves yet, with the commands that change that; or the parameter
            names none that can; or the instance type would change with the version.
    """
    _allow_no_shadow(stage)
    value, artifacts = stage.served(), stage.config.model.artifacts
    if value is not None:
        _check(stage, project)
        if artifacts is not None:
            _tell_of_change(stage, project, artifacts, value)
        return
    if stage.config.model_registry.approve_first and artifacts is not None:
        found = stage.versions.all()
        version = found[-1] if found else _approved(stage, project / artifacts)
        if version.status == "Approved":
            stage.client("ssm").put_parameter(
                Name=stage.config.version_parameter,
                Value=stage.to_serve(version).value,
                Type="StringList",
            )
            return
    name = stage.config.stage
    raise UserError(
        f"stage {name} serves no version yet; its registry and rollout are deployed. Next:\n"
        f"  twin model push DIR --stage {name}\n"
        f"  twin model register DIR --stage {name} --report report.json\n"
        f'  twin model approve 1 --stage {name} --reason "..."\n'
        f"and deploy again"
    )


def _allow_no_shadow(stage: ModelStage) -> None:
    """Say that no version shadows, before a template reads which one does for the first time.

    A value that an earlier stack has left would begin a shadow that nobody asked for.
    """
    name = stage.config.shadow_parameter
    if name is None:
        return
    serving = CloudFormationStacks(stage.client("cloudformation")).describe(
        stage.config.model_stacks[0]
    )
    reads = serving is not None and SHADOW_PARAMETER in serving.parameters
    parameter = SsmParameter(stage.client("ssm"), name)
    if not reads or parameter.get() is None:
        parameter.put(NO_SHADOW)


def _approved(stage: ModelStage, directory: Path) -> Version:
    push(directory, stage.bucket, archive=stage.config.batch is not None)
    version, _ = register(stage, directory, None)
    stage.versions.decide(version, "Approved", reason="the first version", by=stage.identity["Arn"])
    return stage.versions.find(version.number)


def _check(stage: ModelStage, project: Path) -> None:
    """Refuse an edited parameter, and a change of instance type beside a new version."""
    around = Surroundings(stage.session, project, stage.origin)
    for finding in served_version.look(around, stage.config):
        if finding.outcome == "failure":
            raise UserError(f"{finding.message}\n{finding.remedy}")


def _tell_of_change(stage: ModelStage, project: Path, artifacts: str, value: str) -> None:
    """Say that a directory is no version yet: as such, a change of it does nothing."""
    digest = Manifest.of(project / artifacts).digest
    if value.endswith(f",{digest}") or digest in {each.digest for each in stage.versions.all()}:
        return
    name = f"--stage {stage.config.stage}"
    errors.print(
        f"note: {artifacts} is no version of {stage.versions.group}, so it does not serve; "
        f"it would after: twin model push {artifacts} {name}, register, approve",
        soft_wrap=True,
    )
