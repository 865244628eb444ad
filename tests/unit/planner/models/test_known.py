"""Configs typed in, against the parameters that their authors publish."""

from __future__ import annotations

import pytest

from planner.errors import PlanError
from planner.models.known import hub_model, known_model, names


@pytest.mark.parametrize(
    ("name", "billions"),
    [
        # https://huggingface.co/ID, "Model size" of the weights.
        ("llama-3.1-8b", 8.03),
        ("llama-3.3-70b", 70.6),
        ("mistral-7b", 7.25),
        ("mistral-small-3.2-24b", 24.0),
        ("qwen2-7b", 7.62),
        ("qwen3-0.6b", 0.596),  # 0.75 with the output layer, which is the embeddings again
        ("qwen3-8b", 8.19),
        ("qwen3-14b", 14.8),
        ("qwen3-32b", 32.8),
        ("qwen3-30b-a3b", 30.5),
        ("qwen3-235b-a22b", 235),
        ("gpt-oss-20b", 20.9),
        ("gpt-oss-120b", 117),
        ("granite-3.0-3b-a800m", 3.3),
        ("deepseek-r1", 671),
    ],
)
def test_parameters_are_the_published_ones(name: str, billions: float) -> None:
    assert known_model(name).shape.parameters.total / 1e9 == pytest.approx(billions, rel=0.005)


def test_every_config_is_understood() -> None:
    assert {name: known_model(name).shape.unknown for name in names()} == dict.fromkeys(names(), ())


def test_active_parameters_are_those_of_a_token() -> None:
    assert known_model("qwen3-235b-a22b").active_parameters / 1e9 == pytest.approx(21.6, rel=0.01)
    assert known_model("gpt-oss-20b").active_parameters / 1e9 == pytest.approx(3.6, rel=0.01)


def test_an_id_on_the_hub_is_the_model_with_its_config() -> None:
    found = hub_model("mlabonne/TwinLlama-3.1-8B-DPO")
    assert found is not None
    assert found.name == "llama-3.1-8b"
    assert hub_model("mlabonne/unheard-of") is None


def test_an_unknown_name_is_met_with_the_nearest() -> None:
    with pytest.raises(PlanError, match=r"got 'llama-3.1-9b'; did you mean llama-3.1-8b"):
        known_model("llama-3.1-9b")
