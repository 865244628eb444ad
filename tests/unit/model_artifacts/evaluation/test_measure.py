"""The demo model is measured: what is lost rises as bits fall."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from model_artifacts.evaluation.measure import MeasurementError, measure
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.gguf.logits import LogitsError
from model_artifacts.gguf.quantize import Fallback, quantize
from tests.support.decoder import write_decoder
from tests.support.demo_model import write_in_16_bits
from tests.support.project import PROJECT


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_in_16_bits(tmp_path_factory.mktemp("models") / "demo.gguf")


@pytest.fixture(scope="module")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    text = tmp_path_factory.mktemp("texts") / "text.txt"
    text.write_text((PROJECT / "docs" / "glossary.md").read_text()[:2000])
    return text


def test_fewer_bits_lose_more(source: Path, text: Path, tmp_path: Path) -> None:
    found = {}
    for preset in ("Q8_0", "Q4_0"):
        quantize(source, tmp_path / preset, preset)
        fallbacks = [Fallback("a", 64, "Q4_K", "Q5_0")]
        found[preset] = measure(source, tmp_path / preset, text, preset=preset, fallbacks=fallbacks)
    eight, four = found["Q8_0"], found["Q4_0"]

    assert eight.kl_mean < 0.5 < four.kl_mean
    assert eight.kl_mean < eight.kl_p99 < four.kl_p99
    assert four.same_top < eight.same_top < 1
    assert eight.source == four.source
    assert 4.5 < four.target.bits_per_weight < 4.6
    assert eight.target.size == (tmp_path / "Q8_0").stat().st_size
    assert eight.text.sha256 == hashlib.sha256(text.read_bytes()).hexdigest()
    assert eight.text.scored % 255 == 0  # of each window of 512
    assert 20e6 < four.peak_memory_bytes < 500e6
    assert four.tokens_per_second > 1
    assert four.fallbacks[0].used == "Q5_0"


def test_short_text_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "short.txt").write_text("Too short.")
    with pytest.raises(MeasurementError, match=r"short\.txt: got \d+ tokens; must be at least 512"):
        measure(source, source, tmp_path / "short.txt", preset="F16")


def test_text_that_is_none_is_refused(source: Path, tmp_path: Path) -> None:
    (tmp_path / "text").write_bytes(b"\xff\xfe")
    with pytest.raises(MeasurementError, match="must be UTF-8"):
        measure(source, source, tmp_path / "text", preset="F16")
    with pytest.raises(MeasurementError, match="gone: No such file"):
        measure(source, source, tmp_path / "gone", preset="F16")


def test_files_of_two_models_are_not_compared(source: Path, text: Path, tmp_path: Path) -> None:
    write_decoder(tmp_path / "other", "llama")
    convert(tmp_path / "other", tmp_path / "other.gguf", ModelInfo("other"))
    with pytest.raises(MeasurementError, match=r"other\.gguf: reads a text as other tokens"):
        measure(source, tmp_path / "other.gguf", text, preset="F16")


def test_file_that_is_no_model_is_refused(source: Path, text: Path, tmp_path: Path) -> None:
    (tmp_path / "broken.gguf").write_bytes(source.read_bytes()[:5000])
    with pytest.raises(LogitsError, match=r"broken\.gguf: llama\.cpp does not load it"):
        measure(source, tmp_path / "broken.gguf", text, preset="F16")
