"""Finding a model: a name, a directory, a GGUF file, or an id on the hub with its config."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

from model_artifacts.inspection.checkpoint import read_checkpoint
from model_artifacts.inspection.config import CONFIG
from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import parse_json_object, read_json_object
from model_artifacts.inspection.gguf_model import gguf_shape, read_gguf_model
from model_artifacts.inspection.report import gguf_file
from model_artifacts.inspection.shape import model_shape
from model_artifacts.inspection.tensors import Tensor
from planner.errors import PlanError
from planner.models.known import hub_model, known_model, names, suggest
from planner.models.model import Model, described
from planner.models.quantization import BF16, Format, stored_format

HUB = re.compile(r"[\w.-]{1,96}/[\w.-]{1,96}(:[\w.-]+)?")
_MOST_BYTES = 10_000_000
_SECONDS = 10
_EXPERTS = re.compile(r".*(\.experts\.|_exps\.).*")
_EMBEDDING = re.compile(r"(.*\.)?(embed_tokens|wte|tok_embeddings|token_embd)\.weight")
_HEAD = re.compile(r"(.*\.)?(lm_head|output)\.weight")


def find_model(asked: str, *, config: Path | None = None, online: bool = False) -> Model:
    """Return a model by name, path or id on the hub.

    Args:
        asked: a name of models.toml, a directory, a GGUF file, or an id such as Qwen/Qwen3-8B.
        config: a config.json to read in place of the hub's.
        online: whether the hub may be asked for a config that is nowhere on this machine.

    Raises:
        PlanError: there is no such model, or its config cannot be understood.
    """
    try:
        return _found(asked, config, online)
    except InspectionError as error:
        raise PlanError(f"model: {error}") from error


def model_of_config(name: str, raw: dict[str, Any], source: str) -> Model:
    """Return the model that the object in a config.json describes.

    Args:
        name: its name.
        raw: the object.
        source: where it is from, for who asks and for errors.

    Raises:
        PlanError: it cannot be understood.
    """
    try:
        return _of_config(name, raw, source)
    except InspectionError as error:
        raise PlanError(f"model: {error}") from error


def _found(asked: str, config: Path | None, online: bool) -> Model:
    if config is not None:
        return _of_config(asked, read_json_object(config, _MOST_BYTES), f"{config}")
    if asked in names():
        return known_model(asked)
    path = Path(asked)
    if asked and path.exists():
        return _on_disk(asked, path)
    if not HUB.fullmatch(asked):
        raise PlanError(
            f"models: got {asked!r}; {suggest(asked, names())}; or a directory, a GGUF file or an "
            "id such as Qwen/Qwen3-8B"
        )
    return _on_hub(asked, online)


def _on_hub(asked: str, online: bool) -> Model:
    repository, _, revision = asked.partition(":")
    if (known := hub_model(repository)) is not None:
        return known
    if (cached := _cached(repository)) is not None:
        return _of_config(asked, read_json_object(cached, _MOST_BYTES), f"the cache, {cached.name}")
    if online:
        raw = _fetched(repository, revision or "main")
        return _of_config(asked, raw, f"huggingface.co/{repository}")
    raise PlanError(
        f"model {asked!r}: its config is not on this machine; give it with --config config.json, "
        f"or name one that is known: {', '.join(names())}"
    )


def _cached(repository: str) -> Path | None:
    """Return the newest config.json in the hub's cache, where its client keeps files."""
    folder = Path.home() / ".cache" / "huggingface" / "hub"
    found = folder.glob(f"models--{repository.replace('/', '--')}/snapshots/*/{CONFIG}")
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def _fetched(repository: str, revision: str) -> dict[str, Any]:
    from urllib.error import URLError
    from urllib.request import urlopen

    url = f"https://huggingface.co/{repository}/resolve/{revision}/{CONFIG}"
    try:
        with urlopen(url, timeout=_SECONDS) as answer:
            text = answer.read(_MOST_BYTES)
    except (URLError, OSError) as error:
        raise PlanError(
            f"model {repository!r}: {url}: {error}; must be a public model, or give its config "
            "with --config config.json"
        ) from error
    return parse_json_object(Path(url), text)


def _of_config(asked: str, raw: dict[str, Any], source: str) -> Model:
    return described(asked, source, model_shape(raw, source), stored_format(raw, source))


def _on_disk(asked: str, path: Path) -> Model:
    gguf = gguf_file(path)
    if gguf is not None:
        read = read_gguf_model(gguf)
        stored = Format(read.quantization, 1.0) if read.quantization else BF16
        return _weighed(described(asked, f"{gguf}", gguf_shape(gguf), stored), read.tensors)
    raw = read_json_object(path / CONFIG, _MOST_BYTES)
    model = described(asked, f"{path}", model_shape(raw, path), stored_format(raw, path))
    return _weighed(model, read_checkpoint(path))


def _weighed(model: Model, tensors: tuple[Tensor, ...]) -> Model:
    """Return the model with the bytes that its files' headers say."""
    own_head = any(_HEAD.fullmatch(tensor.name) for tensor in tensors)
    return replace(
        model,
        weights_bytes=sum(tensor.nbytes for tensor in tensors),
        expert_bytes=sum(t.nbytes for t in tensors if _EXPERTS.fullmatch(t.name)),
        embedding_bytes=sum(t.nbytes for t in tensors if _EMBEDDING.fullmatch(t.name)) * own_head,
        exact=True,
    )
