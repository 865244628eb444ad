"""Adapters that prod's engine serves beside the model, in a cloud of their own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import openai
import pytest
from openai import OpenAI
from safetensors.numpy import load_file, save_file

from model_artifacts.gguf.convert import ModelInfo, convert
from tests.support.lora import llama_cpp, write_adapter
from tests.support.vllm_stage import CHECKPOINT, SPREAD, vllm_cloud, vllm_deployment
from twin.client.conversation import connect
from twin.local.deployment import LocalDeployment

NAMES = ("paul", "mary")
QUESTION = {
    "messages": [{"role": "user", "content": "What is an endpoint config?"}],
    "temperature": 0,
    "max_tokens": 4,
    "logprobs": True,
    "top_logprobs": 5,
}


@pytest.fixture(scope="module")
def adapted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LocalDeployment]:
    cloud = vllm_cloud(tmp_path_factory.mktemp("adapted"))
    cloud.start(stop_with_us=True)
    yield vllm_deployment(cloud, tmp_path_factory.mktemp("checkout"), adapters=NAMES)
    cloud.stop()


@pytest.fixture(scope="module")
def asking(adapted: LocalDeployment) -> Iterator[OpenAI]:
    with connect(adapted.deploy()) as client:
        yield client


def likeliest(client: OpenAI, model: str) -> dict[str, float]:
    """The likeliest first tokens, with their log-probabilities."""
    answer = client.chat.completions.create(model=model, **QUESTION)
    assert answer.model == model
    logprobs = answer.choices[0].logprobs
    assert logprobs is not None
    assert logprobs.content is not None
    return {one.token: one.logprob for one in logprobs.content[0].top_logprobs}


def test_each_adapter_answers_as_merged_weights_do(
    adapted: LocalDeployment, asking: OpenAI, tmp_path: Path
):
    assert [model.id for model in asking.models.list()] == [
        "twin-demo",
        "twin-demo:paul",
        "twin-demo:mary",
    ]
    found = likeliest(asking, "twin-demo:paul")
    assert found != likeliest(asking, "twin-demo")
    source = adapted.project / CHECKPOINT
    tensors = load_file(source / "model.safetensors")
    merged = write_adapter(tmp_path / "peft", tensors, seed=0, spread=SPREAD)
    for name in ("config.json", "tokenizer.json", "chat_template.jinja"):
        (tmp_path / "merged").mkdir(exist_ok=True)
        (tmp_path / "merged" / name).write_text((source / name).read_text())
    save_file(merged, tmp_path / "merged" / "model.safetensors")
    (tmp_path / "gguf").mkdir()
    convert(tmp_path / "merged", tmp_path / "gguf" / "model.gguf", ModelInfo("merged"))
    with llama_cpp(tmp_path / "gguf", "--ctx-size", "512") as server:
        answer = server.post("/v1/chat/completions", json=QUESTION).raise_for_status().json()
    first = answer["choices"][0]["logprobs"]["content"][0]["top_logprobs"]
    wanted = {one["token"]: one["logprob"] for one in first}
    assert max(found, key=found.__getitem__) == max(wanted, key=wanted.__getitem__)
    for token in found.keys() & wanted.keys():
        assert found[token] == pytest.approx(wanted[token], abs=0.1)


def test_an_unknown_adapter_is_an_unknown_model(asking: OpenAI):
    with pytest.raises(openai.NotFoundError, match="'twin-demo:peter' does not exist"):
        likeliest(asking, "twin-demo:peter")
