"""Deployment of a stage into a local cloud, by the real CDK command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass
from pathlib import Path

from stacks.config import StageConfig, load_stage
from twin.cdk import cdk_command
from twin.environment import PROJECT
from twin.lifecycle.first_version import ensure_first_version
from twin.lifecycle.stage import ModelStage
from twin.local.cloud import LocalCloud
from twin.outputs import StageOutputs, read_outputs
from twin.progress import Detail, step
from twin.subprocesses import Program, running

STAGE = "local"

_PLATFORM = "host"
"""The functions of any stage run on this machine and this Python here."""


@dataclass(frozen=True)
class LocalDeployment:
    """A stage of a checkout, in a local cloud.

    Attributes:
        cloud: The local cloud.
        project: The checkout whose app.py and config/ are deployed.
        stage: A file of config/, without .toml.
    """

    cloud: LocalCloud
    project: Path = PROJECT
    stage: str = STAGE

    @property
    def config(self) -> StageConfig:
        """The stage's configuration."""
        return load_stage(self.stage, self.project, package_platform=_PLATFORM)

    @property
    def assembly(self) -> str:
        """Directory of the templates of the last deployment."""
        return str(self.cloud.directory / "cdk.out" / self.stage)

    @property
    def _synthesis(self) -> list[str]:
        """Arguments that synthesize the stage."""
        platform = f"package_platform={_PLATFORM}"
        stage = f"stage={self.stage}"
        return ["--context", stage, "--context", platform, "--output", self.assembly]

    def deploy(self) -> StageOutputs:
        """Bootstrap the emulated account, synthesize the stage and deploy all its stacks.

        Deploying again brings the stage up to date; without a change it does nothing.

        Raises:
            ProgramFailedError: The CDK command line failed; its output is in the cloud's logs.
        """
        with step("Synthesize the stacks, bootstrap the account") as detail:
            self._synthesize_and_bootstrap(detail)
        self._publish_images()
        if self.config.model.registry:
            self._prepare_registry()
        with step("Deploy the stacks with the CDK command line") as detail:
            self._deploy("--all", detail=detail)
        return self.outputs()

    def _prepare_registry(self) -> None:
        """See that there is a version to serve; before the first, deploy the registry.

        A version that somebody has to approve is heard of by the rollout. One that is approved here
        is deployed with the other stacks, and the rollout beside them.
        """
        stage = ModelStage(self.config, self.cloud.session, self.cloud.settings.origin)
        if stage.served() is None:
            with step("Deploy the registry") as detail:
                stacks = [self.config.registry_stack]
                if not self.config.model_registry.approve_first:
                    stacks.append(self.config.stack_name("rollout"))
                self._deploy(*stacks, detail=detail, beside=stage.connect)
        with step("Find the version to serve"):
            ensure_first_version(stage, self.project)

    def _deploy(
        self, *stacks: str, detail: Detail, beside: Callable[[], object] | None = None
    ) -> None:
        # The CLI looks at a stack every five seconds: better at all of them at once.
        unattended = ["--require-approval", "never", "--progress", "events", "--concurrency", "4"]
        arguments = ["--app", self.assembly, *stacks, *unattended]
        with self._cdk("deploy", *arguments, directory=self.project) as program:
            if beside is not None:
                beside()
            program.wait(detail)

    def destroy(self) -> None:
        """Delete all stacks of the stage."""
        arguments = ["--all", "--force", *self._synthesis]
        with (
            step("Destroy the stacks") as detail,
            self._cdk("destroy", *arguments, directory=self.project) as program,
        ):
            program.wait(detail)

    def outputs(self) -> StageOutputs:
        """Read the outputs of the deployed stage."""
        return read_outputs(self.cloud.session, self.config, self.cloud.settings.origin)

    def _publish_images(self) -> None:
        """Name the stage's images in the local registries, as AWS does in every region's."""
        registry = self.cloud.session.client("ecr", endpoint_url=self.cloud.settings.origin)
        for image in self.config.images:
            with suppress(registry.exceptions.RepositoryAlreadyExistsException):
                registry.create_repository(repositoryName=image.repository)
            registry.put_image(
                repositoryName=image.repository, imageTag=image.tag, imageManifest="{}"
            )

    def _synthesize_and_bootstrap(self, detail: Detail) -> None:
        """Run both side by side: neither needs the other."""
        # A report of checks that an earlier synth left would fail this deployment.
        shutil.rmtree(self.assembly, ignore_errors=True)
        account = f"aws://{self.cloud.settings.account}/{self.cloud.settings.region}"
        with (
            # Beside a cdk.json the CLI would synthesize the app once more for this.
            self._cdk("bootstrap", account, directory=self.cloud.directory) as bootstrap,
            self._cdk("synth", "--quiet", *self._synthesis, directory=self.project) as synth,
        ):
            synth.wait(detail)
            bootstrap.wait(detail)

    def _cdk(
        self, command: str, *arguments: str, directory: Path
    ) -> AbstractContextManager[Program]:
        return running(
            cdk_command(command, *arguments),
            name=f"cdk {command}",
            # CDK's own validator takes two seconds; `make test` runs it, and cdk-nag always runs.
            environment=self.cloud.environment(CDK_VALIDATION="false", CI="1", NO_COLOR="1"),
            directory=directory,
            log=self.cloud.directory / "logs" / f"cdk-{command}.log",
        )
