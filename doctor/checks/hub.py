"""The check of a model on the Hugging Face hub: revision, gate, licence, files."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any, Final

from doctor.checks.weights import endpoints, loading_time, memory_needed
from doctor.findings import Finding, denied, failure, ok, warning
from doctor.surroundings import Surroundings
from planner.errors import PlanError
from planner.fit.stage import stage_fit
from planner.models.model import Model
from planner.models.sources import model_of_config
from stacks.config import StageConfig
from stacks.config.combinations.source import staging

_PATIENCE_SECONDS: Final = 5
_FAST: Final = 100e6
"""Bytes a second from the hub that no time limit should count on: an assumption."""


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Ask the hub about the model as the container will find it: without a token.

    https://huggingface.co/docs/hub/api
    """
    if config.model.hub is None:
        return
    model, _, _ = config.model.hub.partition(":")
    revision = config.model.revision
    path = f"{model}/revision/{revision}" if revision else model
    try:
        told = _ask(f"{around.hub}/api/models/{path}?blobs=true")
    except urllib.error.HTTPError as error:
        yield _refused(model, revision, error.code, config)
    except (OSError, ValueError) as error:
        yield denied(
            f"{model}: {around.hub} cannot be reached from here ({error})",
            f"look whether https://huggingface.co/{model} is public and not gated",
        )
    else:
        yield from _findings(model, told, config)
        if stage_fit(config, around.root).unknown is not None:  # else synth has looked
            place = f"{around.hub}/{model}/resolve/{revision or 'main'}/config.json"
            yield from memory_needed(around, config, lambda: _described(model, place))


def _described(model: str, place: str) -> Model:
    """Return a model by the config of its repository.

    Raises:
        PlanError: there is none, as beside many GGUF files, or it cannot be understood.
    """
    try:
        raw = _ask(place)
    except (OSError, ValueError) as error:
        raise PlanError(f"model {model!r}: {place}: {error}") from error
    return model_of_config(model, raw, place)


def _ask(url: str) -> dict[str, Any]:
    with urllib.request.urlopen(url, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310 - http(s)
        told = json.load(answer)
    if not isinstance(told, dict):
        raise ValueError("its answer is no object")
    return told


def _refused(model: str, revision: str | None, status: int, config: StageConfig) -> Finding:
    # The hub answers 401 for what is private, and for what does not exist.
    if status in {401, 403}:
        return failure(f"model.hub: {model} is private or does not exist", _bring(model, config))
    if status == 404:
        which = f"model.revision: {model} has no {revision}" if revision else f"no model {model}"
        return failure(which, f"take a commit of https://huggingface.co/{model}/commits/main")
    return denied(f"{model}: the hub answers {status}", "repeat the command in a while")


def _bring(model: str, config: StageConfig) -> str:
    return f"bring it once, by {staging(model, config.stage)}"


def _findings(model: str, told: dict[str, Any], config: StageConfig) -> Iterator[Finding]:
    if told.get("gated") or told.get("private"):
        yield failure(
            f"model.hub: {model} is gated: the container has no token", _bring(model, config)
        )
        return
    sha = str(told.get("sha"))
    if config.model.revision is None and config.engine.revisions:
        yield warning(
            f"{model} has no pinned revision: each instance that starts takes what is newest then",
            f'set model.revision = "{sha}", the newest now',
        )
    card = told.get("cardData")
    licence = card.get("license") if isinstance(card, dict) else None
    if licence is None:
        yield warning(f"{model} names no licence", f"read https://huggingface.co/{model}")
    yield from _files(model, told, config, f"{sha[:12]}, licence {licence}")


def _files(model: str, told: dict[str, Any], config: StageConfig, is_: str) -> Iterator[Finding]:
    ending = config.engine.weights.removeprefix("*")
    files = {str(f.get("rfilename")): f.get("size") or 0 for f in told.get("siblings") or ()}
    weights = {name: size for name, size in files.items() if name.endswith(ending)}
    if not weights:
        yield failure(
            f"{model}: got {len(files)} files, none *{ending}, which engine {config.engine.name} "
            "serves",
            "take another model, or another engine",
        )
        return
    yield ok(f"{model}: {is_}, {len(weights)} *{ending}")
    # A repository of GGUF files has one for each quantization, and the container takes one.
    if ending == ".safetensors":
        size = sum(weights.values())
        for section, endpoint in endpoints(config):
            key = f"{section}.health_check_timeout_seconds"
            yield loading_time(size, endpoint.health_check_timeout_seconds, key, _FAST)
