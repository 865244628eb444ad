"""llama.cpp's C API in the wheel: the same distributions as by its server, or a clear refusal."""

from __future__ import annotations

import ctypes
import math
from pathlib import Path

import numpy as np
import pytest

from model_artifacts.gguf import logits as module
from model_artifacts.gguf.logits import LogitsError, LogitsModel
from model_artifacts.gguf.wheel import WheelError
from model_artifacts.training.engine import LocalEngine
from tests.support.decoder import log_softmax
from tests.support.project import PROJECT

DEMO = PROJECT / "model_artifacts" / "demo" / "llm-twin-demo-q8_0.gguf"


@pytest.fixture(scope="module")
def model():
    with LogitsModel(DEMO, window=64) as model:
        yield model


def by_the_server(tokens: list[int]) -> dict[int, float]:
    """The likeliest 20 next tokens with log-probabilities, as the wheel promises to tell them."""
    request = {"prompt": tokens, "max_tokens": 1, "logprobs": 20, "n_probs": 20, "temperature": 0}
    with LocalEngine(DEMO, context=256) as engine:
        (choice,) = engine._server.handle_completions(request)["choices"]
    (position,) = choice["logprobs"]["content"]
    return {token["id"]: token["logprob"] for token in position["top_logprobs"]}


def test_distribution_is_that_of_the_supported_server(model: LogitsModel) -> None:
    tokens = model.tokens("What is a KV cache? It keeps keys and values")
    found = log_softmax(model.logits(tokens, first=len(tokens) - 1).astype(np.float64))[0]
    answer = by_the_server(tokens)
    assert len(answer) == 20
    for token, log_probability in answer.items():
        assert math.isclose(found[token], log_probability, abs_tol=0.02)
    assert set(answer) == set(np.argsort(-found)[:20].tolist())


def test_text_becomes_the_models_tokens(model: LogitsModel) -> None:
    assert model.vocabulary == 2560
    assert model.tokens("") == []
    tokens = model.tokens("Grüß dich 👋\0")
    assert all(0 <= token < 2560 for token in tokens)


def test_later_positions_are_the_same_alone(model: LogitsModel) -> None:
    tokens = model.tokens("An endpoint config names variants.")
    whole = model.logits(tokens).copy()
    np.testing.assert_allclose(model.logits(tokens, first=3), whole[3:], atol=1e-3)


def test_size_is_the_files(model: LogitsModel) -> None:
    assert model.parameters == 7_402_368
    assert 8 < model.size * 8 / model.parameters < 9
    assert model.first_token is None


def test_file_that_is_no_model_is_named(tmp_path: Path) -> None:
    (tmp_path / "m.gguf").write_bytes(b"GGUF")
    with pytest.raises(LogitsError, match=r"m\.gguf: llama\.cpp does not load it"):
        LogitsModel(tmp_path / "m.gguf", window=64)


def test_more_tokens_than_the_window_are_refused(model: LogitsModel) -> None:
    with pytest.raises(LogitsError, match="got 65 tokens, from 0 on; must be 1 to 64"):
        model.logits([1] * 65)


@pytest.mark.parametrize("token", [-1, 2560])
def test_token_that_the_model_does_not_have_is_refused(model: LogitsModel, token: int) -> None:
    with pytest.raises(LogitsError, match="must be below 2560"):
        model.logits([1, token])


def test_wheel_that_hides_the_functions_is_named(monkeypatch) -> None:
    monkeypatch.setattr(ctypes, "CDLL", lambda path: object())
    with pytest.raises(WheelError, match="llama_log_set of the xllamacpp wheel"):
        LogitsModel(DEMO, window=64)


def test_wheel_with_another_layout_is_found_out(monkeypatch) -> None:
    exported = module.exported

    def moved(name: str, result: object, *arguments: object):
        return (lambda _: 7) if name == "llama_n_batch" else exported(name, result, *arguments)

    monkeypatch.setattr(module, "exported", moved)
    with pytest.raises(WheelError, match="has another layout than is known here"):
        LogitsModel(DEMO, window=64)
