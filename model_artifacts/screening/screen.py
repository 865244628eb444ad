"""The screening of a model: a GGUF file, or a directory with everything that lies in it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.inspection.files import is_directory, open_file, read_json_object
from model_artifacts.inspection.gguf import read_gguf
from model_artifacts.packaging.manifest import Manifest
from model_artifacts.screening.errors import ScreeningError
from model_artifacts.screening.pickles import check_pickle
from model_artifacts.screening.templates import MOST_BYTES, check_template

_MOST_JSON_BYTES = 10_000_000
# Files of JSON that may carry templates: https://huggingface.co/docs/transformers/chat_templating
_CARRIERS = {"tokenizer_config.json", "processor_config.json", "chat_template.json"}
_KEY = "tokenizer.chat_template"


def screen(path: Path) -> None:
    """Refuse a model of which a file could run code; hidden files stay behind, so none counts.

    Raises:
        ScreeningError: A file is a pickle, or a chat template reaches outside of Jinja's sandbox.
        InspectionError: A file that may carry a template cannot be read.
    """
    files = Manifest.of(path).files.values() if is_directory(path) else [path]
    for file in files:
        check_pickle(file)
        for where, template in _templates(file):
            if not isinstance(template, str):
                raise ScreeningError(f"{where}: got a chat template that is no text; must be text")
            check_template(template, where)


def _templates(file: Path) -> Iterator[tuple[str, object]]:
    if file.suffix == ".jinja":
        yield str(file), _read(file)
    elif file.name in _CARRIERS:
        carried = read_json_object(file, _MOST_JSON_BYTES).get("chat_template")
        yield from _carried(str(file), carried)
    elif file.suffix == ".gguf":
        for key, value in read_gguf(file).metadata.items():
            if key == _KEY or key.startswith(f"{_KEY}."):
                yield f"{file}: {key}", value


def _read(file: Path) -> str:
    with open_file(file) as (content, size):
        if size > MOST_BYTES:
            raise ScreeningError(
                f"{file}: got a chat template of {size:,} bytes; must be at most {MOST_BYTES:,}"
            )
        try:
            return content.read(MOST_BYTES).decode("utf-8")
        except UnicodeDecodeError as error:
            raise InspectionError(f"{file}: got no UTF-8; must be text") from error


def _carried(where: str, carried: object) -> Iterator[tuple[str, object]]:
    """Take one template, or several by name: an object, or a list of {name, template}."""
    match carried:
        case None:
            return
        case dict():
            yield from ((where, template) for template in carried.values())
        case list():
            for named in carried:
                yield where, named.get("template") if isinstance(named, dict) else named
        case _:
            yield where, carried
