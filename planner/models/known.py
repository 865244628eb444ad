"""Models by name, from models.toml: configs typed in, each with its source."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from typing import Any

from model_artifacts.inspection.shape import model_shape
from planner.errors import PlanError
from planner.models.model import Model, described
from planner.models.quantization import known_format, stored_format


@cache
def _models() -> dict[str, dict[str, Any]]:
    text = resources.files("planner").joinpath("models.toml").read_text(encoding="utf-8")
    models: dict[str, dict[str, Any]] = tomllib.loads(text)
    return models


def names() -> list[str]:
    """Return the names of all known models."""
    return [*_models()]


def known_model(name: str) -> Model:
    """Return a model by its name here.

    Raises:
        PlanError: there is none of that name.
    """
    models = _models()
    if name not in models:
        raise PlanError(f"models: got {name!r}; {suggest(name, models)}")
    entry = models[name]
    base = models[entry["like"]] if "like" in entry else entry
    source = f"{base['source']}, typed into planner/models.toml"
    stored = stored_format(base["config"], name)
    if "quantization" in entry:
        stored = known_format(entry["quantization"])
    return described(name, source, model_shape(base["config"], name), stored)


def hub_model(hub: str) -> Model | None:
    """Return the known model with this id on the hub, or None."""
    wanted = hub.lower()
    for name, entry in _models().items():
        if wanted in (known.lower() for known in entry.get("hub", ())):
            return known_model(name)
    return None


def hub_ids(name: str) -> list[str]:
    """Return the ids on the hub of a known model as it is stored; none for a name that is not."""
    entry = _models().get(name, {})
    return [*entry.get("hub", ())]


def suggest(name: str, known: Iterable[str]) -> str:
    """Return the nearest known name for a message, or all of them."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}" if near else f"must be one of {', '.join(known)}"
