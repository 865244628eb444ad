"""The deployed endpoint past the API, on SageMaker's own OpenAI path: beside it, and without it."""

from __future__ import annotations

from pathlib import Path

import httpx2
import openai
import pytest
from openai import OpenAI

from tests.support import stage_files
from tests.support.eventually import LONG
from twin.client.bearer_token import bearer_token
from twin.client.conversation import ask, connect_to_endpoint, reach
from twin.local.cloud import LocalCloud
from twin.local.demo import show_answers
from twin.local.deployment import LocalDeployment
from twin.local.status import show_status
from twin.outputs import StageOutputs

QUESTION: list[openai.types.chat.ChatCompletionMessageParam] = [
    {"role": "user", "content": "What is an endpoint config?"}
]


def test_both_ways_give_the_same_answer(
    cloud: LocalCloud, stage: StageOutputs, client: OpenAI, model: str
):
    answers = [ask(client, model, QUESTION, lambda _: None)]
    direct, name = reach(stage, cloud.session, direct=True)
    with direct:
        answers.append(ask(direct, name, QUESTION, lambda _: None))

    assert "endpoint" in answers[0].text.lower()
    assert answers[0].text == answers[1].text
    assert answers[0].tokens == answers[1].tokens


def test_only_the_api_has_models_responses_files_and_checks(
    cloud: LocalCloud, stage: StageOutputs, client: OpenAI, model: str
):
    """The differences that docs/why-a-gateway.md names."""
    grammar = {"grammar": 'root ::= "blue"'}
    with connect_to_endpoint(stage, cloud.session) as direct:
        for refused in (
            lambda: direct.models.list(),
            lambda: direct.responses.create(model="", input="Hello"),
            lambda: direct.completions.create(model="", prompt="Hello"),
            lambda: direct.files.list(),
            lambda: direct.batches.list(),
        ):
            with pytest.raises(openai.NotFoundError):
                refused()
        held = direct.chat.completions.create(model="", messages=QUESTION, extra_body=grammar)
    assert held.choices[0].message.content == "blue"
    with pytest.raises(openai.BadRequestError):
        client.chat.completions.create(model=model, messages=QUESTION, extra_body=grammar)


def test_a_key_of_the_api_is_no_token_and_a_token_no_key(cloud: LocalCloud, stage: StageOutputs):
    key = stage.api_key.get_secret_value()
    token = bearer_token(cloud.session, 60)

    with (
        OpenAI(base_url=stage.endpoint_url, api_key=key, max_retries=0) as direct,
        pytest.raises(openai.PermissionDeniedError),
    ):
        direct.chat.completions.create(model="", messages=QUESTION)
    with (
        OpenAI(base_url=stage.openai_base_url, api_key=token, max_retries=0) as api,
        pytest.raises(openai.AuthenticationError),
    ):
        api.models.list()


def test_a_stage_without_an_api_answers(
    cloud: LocalCloud, checkout: Path, capsys: pytest.CaptureFixture[str]
):
    stage_files.write(
        checkout / "config" / "alone.toml",
        stage_files.LOCAL,
        **stage_files.ALONE,
    )
    deployment = LocalDeployment(cloud, checkout, "alone")
    outputs = deployment.deploy()
    try:
        assert outputs.api_url is None
        assert outputs.endpoint_url.endswith("/endpoints/twin-alone/openai/v1")
        capsys.readouterr()
        show_answers(outputs, cloud.session, "twin-demo")
        show_status(cloud, outputs)
        shown = capsys.readouterr().out
        assert "tokens/s" in shown
        assert "none: [api] is left out" in shown
        assert (
            httpx2.post(f"{outputs.endpoint_url}/chat/completions", timeout=LONG).status_code == 403
        )
    finally:
        stacks = cloud.session.client("cloudformation", endpoint_url=cloud.settings.origin)
        stacks.delete_stack(StackName=deployment.config.stack_name("serving"))
