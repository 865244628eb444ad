"""The screening finds pickles and templates wherever a model may carry them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from model_artifacts.inspection.errors import InspectionError
from model_artifacts.screening.errors import ScreeningError
from model_artifacts.screening.screen import screen
from tests.support.model_files import gguf_bytes, string

ESCAPE = "{{ ''.__class__ }}"


def write_gguf(path: Path, key: str) -> Path:
    path.write_bytes(gguf_bytes([string("general.architecture", "llama"), string(key, ESCAPE)], []))
    return path


@pytest.mark.parametrize(
    ("name", "template"),
    [
        ("chat_template.jinja", None),
        ("additional_chat_templates/tool.jinja", None),
        ("chat_template.json", ESCAPE),
        ("tokenizer_config.json", ESCAPE),
        ("processor_config.json", {"default": ESCAPE}),
        ("tokenizer_config.json", [{"name": "tool_use", "template": ESCAPE}]),
    ],
)
def test_templates_are_found(tmp_path: Path, name: str, template: object) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    text = ESCAPE if template is None else json.dumps({"chat_template": template})
    (tmp_path / name).write_text(text)
    with pytest.raises(ScreeningError, match=f"{name}: chat template: got the attribute"):
        screen(tmp_path)


@pytest.mark.parametrize("key", ["tokenizer.chat_template", "tokenizer.chat_template.tool_use"])
def test_template_within_a_gguf_file_is_found(tmp_path: Path, key: str) -> None:
    file = write_gguf(tmp_path / "m.gguf", key)
    for path in (file, tmp_path):
        with pytest.raises(ScreeningError, match=f"m.gguf: {key}: chat template"):
            screen(path)


def test_pickle_is_found_below_the_directory(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "optimizer.pt").touch()
    with pytest.raises(ScreeningError, match=r"sub/optimizer\.pt: got a \.pt file"):
        screen(tmp_path)


def test_hidden_files_do_not_count(tmp_path: Path) -> None:
    (tmp_path / ".cache").mkdir()
    (tmp_path / ".cache" / "old.bin").touch()
    screen(tmp_path)


@pytest.mark.parametrize("content", [b"\xff", b"a" * 65_537])
def test_template_file_must_be_a_short_text(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "chat_template.jinja").write_bytes(content)
    with pytest.raises((InspectionError, ScreeningError), match=r"chat_template\.jinja: got"):
        screen(tmp_path)


@pytest.mark.parametrize("template", [7, [7], [{"name": "a"}]])
def test_template_must_be_text(tmp_path: Path, template: object) -> None:
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": template}))
    with pytest.raises(ScreeningError, match="got a chat template that is no text"):
        screen(tmp_path)
