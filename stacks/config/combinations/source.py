"""Demands of the engine on the place and the files of the weights."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from stacks.config.sections import StageSections
from stacks.engines.artifacts import artifacts_problems

# Accepting their licence takes a token: https://huggingface.co/docs/hub/models-gated
_GATED = ("meta-llama/", "google/gemma-")


def staging(model: str, stage: str) -> str:
    """Return the commands that bring a model to a bucket which the stage's container may read."""
    return (
        f"`hf download {model} --local-dir DIR` and `twin model push DIR --stage {stage}`, which "
        "prints the address for model.s3"
    )


def source_problems(stage: StageSections, root: Path) -> Iterator[str]:
    """Say why the engine cannot load the weights; local directories are below `root`."""
    hub, artifacts = stage.model.hub, stage.model.artifacts
    if hub is not None and hub.startswith(_GATED):
        yield (
            f"model.hub: got {hub!r}; must be a public model: bring a gated one once, by "
            f"{staging(hub, stage.stage)}"
        )
    if hub is not None and ":" in hub and stage.engine.weights != "*.gguf":
        yield (
            f"model.hub: got {hub!r}; must have no ':' for engine {stage.engine.name}: it names "
            "one of several GGUF files"
        )
    yield from _unsupported(stage)
    if artifacts is None:
        return
    if not (root / artifacts).is_dir():
        yield f"model.artifacts: got {artifacts!r}; must be a directory in {root}"
    elif not any((root / artifacts).glob(stage.engine.weights)):
        wanted = f"{stage.engine.weights} file for engine {stage.engine.name}"
        yield f"model.artifacts: got {artifacts!r}; must hold a {wanted}"
    else:
        for problem in artifacts_problems(root / artifacts, stage.engine, stage.model):
            yield f"model.{problem}"


def _unsupported(stage: StageSections) -> Iterator[str]:
    """Say what of the model's section the engine has no variable for."""
    hub = stage.model.hub
    if stage.model.revision is not None and (hub is None or not stage.engine.revisions):
        why = "without model.hub" if hub is None else f"for engine {stage.engine.name}"
        yield f"model.revision: got {stage.model.revision!r}; must be left out {why}"
    if stage.model.chat_template is not None and stage.engine.chat_template is None:
        yield (
            f"model.chat_template: must be left out for engine {stage.engine.name}, which takes no "
            "text: put the template into tokenizer_config.json beside the weights"
        )
