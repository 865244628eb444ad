"""Licence and base of a model, stated by the model card or by the GGUF file."""

from __future__ import annotations

import re
from pathlib import Path

from model_artifacts.inspection.files import is_directory, is_there, open_file
from model_artifacts.inspection.gguf import read_gguf

_CARD = "README.md"
_MOST_CARD_BYTES = 64 * 1024
# The card's metadata: https://huggingface.co/docs/hub/model-cards#model-card-metadata
_METADATA = re.compile(r"\A---\n(?P<metadata>.*?)\n---", re.DOTALL)
_LICENSE = re.compile(r"^license:[ \t]*['\"]?(?P<value>[\w.+-]+)", re.MULTILINE)
# One name, or the first of a list.
_BASE = re.compile(
    r"^base_model:[ \t]*(?:\n[ \t]*-[ \t]*)?['\"]?(?P<value>[\w./+-]+)", re.MULTILINE
)


def read_license(path: Path) -> str | None:
    """Return a licence's identifier, such as apache-2.0; None where none is stated.

    Args:
        path: a GGUF file, or a model's directory.

    Raises:
        InspectionError: The file cannot be read.
    """
    return _stated(path, _LICENSE, "general.license")


def read_base_model(path: Path) -> str | None:
    """Return the model that a model was made of, as a hub's id or a name; None if not stated.

    Args:
        path: a GGUF file, or a model's directory.

    Raises:
        InspectionError: The file cannot be read.
    """
    # https://github.com/ggml-org/ggml/blob/master/docs/gguf.md
    return _stated(path, _BASE, "general.base_model.0.repo_url", "general.base_model.0.name")


def _stated(path: Path, in_card: re.Pattern[str], *in_gguf: str) -> str | None:
    if not is_directory(path):
        metadata = read_gguf(path).metadata
        stated = (metadata.get(name) for name in in_gguf)
        return next((value for value in stated if isinstance(value, str) and value), None)
    if is_there(path / _CARD):
        return _of_card(path / _CARD, in_card)
    files = sorted(path.glob("*.gguf"))
    return _stated(files[0], in_card, *in_gguf) if files else None


def _of_card(card: Path, field: re.Pattern[str]) -> str | None:
    with open_file(card) as (file, _):
        text = file.read(_MOST_CARD_BYTES).decode("utf-8", "replace").replace("\r\n", "\n")
    metadata = _METADATA.search(text)
    found = field.search(metadata["metadata"]) if metadata else None
    return found["value"] if found else None
