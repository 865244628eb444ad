"""Adapters of the demo model behind the service, answered by the real engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from safetensors.numpy import load_file, save_file
from starlette.testclient import TestClient

from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint
from lambda_api.main import create_app
from lambda_api.settings import Settings
from model_artifacts.adapters.convert import convert_adapter
from model_artifacts.gguf.convert import ModelInfo, convert
from model_artifacts.training.checkpoint import DEMO, write_checkpoint
from stacks.config import ModelConfig
from stacks.engines import ENGINES
from stacks.engines.adapters import read_adapters
from tests.support.localcloud.cloud import Cloud
from tests.support.localcloud.deployment import Deployment
from tests.support.lora import write_adapter

NAMES = ("paul", "mary")
MODEL = ModelConfig(
    id="twin-demo",
    engine="llama-cpp",
    artifacts="demo",
    context_length=512,
    max_concurrent_sequences=2,
    adapters=[{"name": name, "path": f"adapters/{name}"} for name in NAMES],
)
QUESTION = "What is an endpoint config?"
ASKED = {
    "max_tokens": 8,
    "temperature": 0,
    "logprobs": True,
    "top_logprobs": 5,
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo model with two adapters, and the same with the first of them merged."""
    directory = tmp_path_factory.mktemp("models")
    source, base, merged = (directory / name for name in ("source", "base", "merged"))
    write_checkpoint(DEMO, source)
    tensors = load_file(source / "model.safetensors")
    for seed, name in enumerate(NAMES[::-1]):
        place = base / "adapters" / name
        weights = write_adapter(place, tensors, seed=seed, spread=0.003)
        convert_adapter(place, place / "adapter.gguf", source)
    convert(source, base / "model.gguf", ModelInfo("base"))
    merged.mkdir()
    save_file(weights, source / "model.safetensors")
    convert(source, merged / "model.gguf", ModelInfo("merged"))
    return {"base": base, "merged": merged}


def deployed(cloud: Cloud, directory: Path) -> Deployment:
    """Deploy a model's directory with the environment that the stacks give its container."""
    engine = ENGINES["llama-cpp"]
    adapters = read_adapters(directory, engine, MODEL) if directory.name == "base" else ()
    deployment = Deployment(cloud, directory / "model.gguf")
    container = deployment.container()
    container["Environment"] = engine.environment(MODEL, gpus=0, adapters=adapters)
    uri = container["ModelDataSource"]["S3DataSource"]["S3Uri"]
    for adapter in directory.glob("adapters/*/*.gguf"):
        deployment.put(uri, adapter.relative_to(directory).as_posix(), adapter.read_bytes())
    assert deployment.create(container)["EndpointStatus"] == "InService"
    return deployment


@pytest.fixture(scope="module")
def clients(cloud: Cloud, models: dict[str, Path]) -> Iterator[dict[str, TestClient]]:
    """The service before each of the models."""
    deployments = {name: deployed(cloud, directory) for name, directory in models.items()}
    names = [f"{MODEL.id}:{name}" for name in NAMES]
    selectors = ENGINES["llama-cpp"].selectors(MODEL.id, names)
    found = {}
    for name, deployment in deployments.items():
        settings = Settings(
            stage="local",
            endpoint_name=deployment.endpoint,
            model_id=MODEL.id,
            engine=MODEL.engine,
            model_selectors=selectors if name == "base" else {},
        )
        endpoint = SageMakerEndpoint(deployment.runtime, deployment.endpoint)
        found[name] = TestClient(create_app(settings, endpoint))
    yield found
    for deployment in deployments.values():
        deployment.delete()


def told(client: TestClient, model: str, question: str = QUESTION) -> list[dict[str, float]]:
    """The likeliest tokens of each position, with their log-probabilities."""
    messages = [{"role": "user", "content": question}]
    asked = {"model": model, "messages": messages, **ASKED}
    answer = client.post("/v1/chat/completions", json=asked).json()
    content: list[dict[str, Any]] = answer["choices"][0]["logprobs"]["content"]
    return [{one["token"]: one["logprob"] for one in place["top_logprobs"]} for place in content]


def test_answers_with_an_adapter_are_those_of_merged_weights(clients) -> None:
    with_adapters = clients["base"]
    plain, merged = told(with_adapters, "twin-demo"), told(clients["merged"], "twin-demo")
    adapted = told(with_adapters, "twin-demo:paul")
    assert adapted != plain
    assert len(adapted) == len(merged)
    for ours, theirs in zip(adapted, merged, strict=True):
        for token in ours.keys() & theirs.keys():
            assert ours[token] == pytest.approx(theirs[token], abs=0.05)
        assert max(ours, key=ours.__getitem__) == max(theirs, key=theirs.__getitem__)


def test_no_model_goes_on_with_what_was_computed_for_another(clients) -> None:
    names = ["twin-demo", "twin-demo:paul", "twin-demo:mary"]
    first = {name: told(clients["base"], name) for name in names}
    for name in [*names, *names[::-1]]:
        told(clients["base"], names[0], "Tell me a story about other things, say canaries.")
        assert told(clients["base"], name) == first[name]
