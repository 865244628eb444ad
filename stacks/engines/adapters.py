"""The adapters of a model: found below its directory, and checked by the headers of their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_artifacts.inspection.adapters.report import inspect_gguf_adapter, inspect_peft_adapter
from model_artifacts.inspection.errors import InspectionError
from stacks.engines.artifacts import CONTAINER, served_gguf
from stacks.engines.engine import Adapter, AdapterSource, Engine, ServedModel, text

# CreateModel's limit of a value of an Environment.
_MOST_CHARACTERS = 1024


def read_adapters(directory: Path, engine: Engine, model: ServedModel) -> tuple[Adapter, ...]:
    """Return the adapters of a model, in the order of config.

    Args:
        directory: the model's.
        engine: decides in which layout each is read.
        model: has the names and the paths.

    Raises:
        InspectionError: A file is absent or damaged, or an adapter is one for another model.
    """
    return tuple(_read(directory, engine, model, source) for source in model.adapters)


def adapters_problems(directory: Path, engine: Engine, model: ServedModel) -> Iterator[str]:
    """Say why the engine would not serve the adapters of a model; only headers are read."""
    found = []
    for number, source in enumerate(model.adapters):
        try:
            adapter = _read(directory, engine, model, source)
        except InspectionError as error:
            yield f"adapters.{number}.path: {error}"
            continue
        found.append(adapter)
        if engine.most_rank is not None and adapter.rank > engine.most_rank:
            yield (
                f"adapters.{number}.path: got rank {adapter.rank}; must be at most "
                f"{engine.most_rank} for engine {engine.name}"
            )
            return
    for variable, value in engine.adapter_settings(found).items() if found else ():
        if len(text(value)) > _MOST_CHARACTERS:
            yield (
                f"adapters: got {len(text(value))} characters of {variable}; must be at most "
                f"{_MOST_CHARACTERS}, SageMaker's limit: fewer adapters, or shorter names and paths"
            )


def _read(directory: Path, engine: Engine, model: ServedModel, source: AdapterSource) -> Adapter:
    place = directory / source.path
    if engine.weights == "*.gguf":
        report = inspect_gguf_adapter(place, served_gguf(directory, engine, model.flags))
    else:
        report = inspect_peft_adapter(place, directory)
    path = CONTAINER / report.path.relative_to(directory).as_posix()
    return Adapter(f"{model.id}:{source.name}", path, report.rank)
