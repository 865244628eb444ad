"""The inference component that a request names."""

from __future__ import annotations

import io
from typing import Any

import pytest

from lambda_api.aws.sagemaker_runtime import SageMakerEndpoint
from lambda_api.chat.schemas import ChatCompletionRequest
from lambda_api.chat.service import payload_of
from lambda_api.engine.served_models import ServedModels

MODELS = ServedModels("twin", {"twin": {}, "twin:paul": {"model": "twin:paul"}})


class Runtime:
    """A client that remembers its calls."""

    def __init__(self) -> None:
        self.calls: list[dict[str, Any]] = []

    def invoke_endpoint(self, **call: Any) -> dict[str, Any]:
        self.calls.append(call)
        return {"Body": io.BytesIO(b"{}")}


@pytest.mark.parametrize(
    ("model", "component"), [("twin", "twin-dev"), ("twin:paul", "twin-dev-paul")]
)
def test_an_adapter_is_asked_by_its_component(model: str, component: str) -> None:
    runtime = Runtime()
    endpoint: Any = SageMakerEndpoint(
        runtime,  # type: ignore[arg-type]
        "twin-dev",
        "twin-dev",
        {"twin:paul": "twin-dev-paul"},
    )
    message = {"role": "user", "content": '{"model":"twin:paul",'}
    request = ChatCompletionRequest.model_validate(
        {"messages": [message], "metadata": {"model": "twin:paul"}, "model": model}
    )
    endpoint.complete(payload_of(request, MODELS), "prefix")
    (call,) = runtime.calls
    assert call["InferenceComponentName"] == component
    assert call["PrefixAwareId"] == "prefix"


def test_each_invocation_has_an_id_of_its_own() -> None:
    runtime = Runtime()
    endpoint: Any = SageMakerEndpoint(runtime, "twin-dev")  # type: ignore[arg-type]
    for _ in range(2):
        endpoint.complete(b"{}")
    assert len({call["InferenceId"] for call in runtime.calls}) == 2
