"""Deploys the stage `local` into a local cloud with the real CDK command line."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from stacks.config import StageConfig, load_stage
from twin.cdk import cdk_command
from twin.environment import PROJECT
from twin.local_cloud import LocalCloud
from twin.outputs import StageOutputs, read_outputs
from twin.progress import Detail, step
from twin.subprocesses import run_logged

STAGE = "local"


def local_stage() -> StageConfig:
    """The configuration of the stage that runs on this machine."""
    return load_stage(STAGE, PROJECT)


def deploy_to(cloud: LocalCloud) -> StageOutputs:
    """Bootstrap the emulated account, synthesize the stage and deploy all its stacks.

    Deploying again brings the stage up to date; without a change it does nothing.

    Raises:
        ProgramFailedError: The CDK command line failed; its output is in the cloud's logs.
    """
    with step("Synthesize the stacks and bootstrap the account") as detail:
        _prepare(cloud, detail)
    with step("Deploy the stacks with the CDK command line") as detail:
        assembly = str(cloud.directory / "cdk.out")
        _run(cloud, "deploy", detail, "--app", assembly, "--all", "--require-approval", "never")
    return read_outputs(cloud.session, local_stage(), cloud.settings.origin)


def _prepare(cloud: LocalCloud, detail: Detail) -> None:
    """Synthesize while bootstrapping: neither needs the other."""
    account = f"aws://{cloud.settings.account}/{cloud.settings.region}"
    assembly = str(cloud.directory / "cdk.out")
    with ThreadPoolExecutor() as pool:
        synthesis = pool.submit(
            _run, cloud, "synth", detail,
            "--quiet", "--context", f"stage={STAGE}", "--output", assembly,
        )  # fmt: skip
        bootstrap = pool.submit(_run, cloud, "bootstrap", detail, account)
        synthesis.result()
        bootstrap.result()


def _run(cloud: LocalCloud, command: str, detail: Detail, *arguments: str) -> None:
    run_logged(
        cdk_command(command, *arguments),
        # CDK's own validator takes most of a synth; CI runs it, and here cdk-nag still does.
        environment=cloud.environment(CDK_VALIDATION="false", CI="1", NO_COLOR="1"),
        directory=PROJECT,
        log=cloud.directory / "logs" / f"cdk-{command}.log",
        detail=detail,
    )
