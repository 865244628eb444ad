"""The stage of one function, in that order: it answers, dies, loses its model, is updated, ends.

The update adds what may stand beside a monolith: jobs, and documents to answer from.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import httpx2
import openai
import psutil
import pytest
from openai import OpenAI

from tests.least_privilege.unused import unused_rights
from tests.support.eventually import LONG, poll
from tests.support.local_stage import copy_checkout
from tests.support.localcloud.environments import environments, kill
from twin.client.conversation import ask, connect, served_model
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment
from twin.outputs import NotDeployedError, StageOutputs

STAGE = "tiny"
QUESTION = [{"role": "user", "content": "What is an endpoint config?"}]
BESIDE = """
[async]
instance_type = "ml.c7i.xlarge"
max_instances = 1
[batch]
instance_type = "ml.c7i.xlarge"
[retrieval]
store = "snapshot"
embedder = "minilm"
search_timeout_ms = 2000
"""
"""Sections of the update; each has instances or functions of its own."""


@pytest.fixture(scope="module")
def tiny(cloud: LocalCloud, tmp_path_factory: pytest.TempPathFactory) -> LocalDeployment:
    checkout = copy_checkout(tmp_path_factory.mktemp("tiny"))
    return LocalDeployment(cloud, checkout, STAGE)


@pytest.fixture(scope="module")
def deployed(tiny: LocalDeployment) -> StageOutputs:
    return tiny.deploy()


@pytest.fixture
def talking(deployed: StageOutputs) -> Iterator[OpenAI]:
    with connect(deployed) as client:
        yield client.with_options(max_retries=0)


def text(client: OpenAI) -> str:
    return ask(client, "twin-tiny", QUESTION, lambda _: None).text


def snapshots(cloud: LocalCloud) -> list[psutil.Process]:
    """Those of its processes that were started for a snapshot."""
    kind = "AWS_LAMBDA_INITIALIZATION_TYPE"
    return [each for each in environments(cloud, STAGE) if each.environ()[kind] == "snap-start"]


def test_it_answers_as_an_endpoint_does(talking: OpenAI, deployed: StageOutputs) -> None:
    assert deployed.endpoint_name == deployed.endpoint_url == ""
    assert served_model(talking) == "twin-tiny"
    assert text(talking)
    answer = talking.responses.create(model="twin-tiny", input="Hi", max_output_tokens=16)
    assert answer.output_text
    with pytest.raises(openai.BadRequestError) as refused:
        talking.chat.completions.create(
            model="twin-tiny", messages=[{"role": "user", "content": "word " * 5000}]
        )
    assert refused.value.code == "context_length_exceeded"


def test_a_killed_function_is_a_broken_answer_and_the_next_is_whole(
    cloud: LocalCloud, talking: OpenAI
) -> None:
    """Nobody is left who could say it: an error event is for an engine that dies alone."""
    text(talking)  # it runs
    running = environments(cloud, STAGE)
    stream = talking.chat.completions.create(
        model="twin-tiny",
        messages=QUESTION,
        stream=True,
        max_tokens=1900,
        extra_body={"ignore_eos": True},
    )
    next(stream)
    kill(running)
    began = time.monotonic()
    with pytest.raises((httpx2.HTTPError, openai.APIError)):
        list(stream)
    assert time.monotonic() - began < 10
    assert text(talking)
    assert len(environments(cloud, STAGE)) == 1


def test_a_model_that_is_not_what_was_published_is_refused(
    tiny: LocalDeployment, cloud: LocalCloud, talking: OpenAI
) -> None:
    bucket, prefix = weights(tiny)
    s3 = cloud.session.client("s3", endpoint_url=cloud.settings.origin)
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=prefix)["Contents"]
    (key,) = (found["Key"] for found in listed if found["Key"].endswith(".gguf"))
    content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    s3.put_object(Bucket=bucket, Key=key, Body=content[:-1] + b"x")
    kill(environments(cloud, STAGE))
    with pytest.raises(openai.InternalServerError) as refused:
        text(talking)
    assert refused.value.status_code == 503
    assert refused.value.response.headers["retry-after"]
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    assert text(talking)


def test_another_model_takes_another_prefix_and_may_start_from_a_snapshot(
    tiny: LocalDeployment, cloud: LocalCloud, talking: OpenAI
) -> None:
    (gguf,) = (tiny.project / "model_artifacts" / "demo").glob("*.gguf")
    before = weights(tiny)
    gguf.write_bytes(gguf.read_bytes() + bytes(4096))
    config = tiny.project / "config" / "tiny.toml"
    changed = config.read_text().replace("# snapstart", "snapstart") + BESIDE
    # Tests look more often than a stage so small lets a caller.
    config.write_text(changed.replace("throttle_rate = 10", "throttle_rate = 1000"))
    tiny.deploy()
    assert weights(tiny) != before
    (snapshot,) = snapshots(cloud)
    assert snapshot.status() == psutil.STATUS_STOPPED
    assert text(talking)
    assert snapshots(cloud) == [snapshot]  # restored, not started


def test_a_background_response_is_made_by_an_endpoint_beside_it(talking: OpenAI) -> None:
    queued = talking.responses.create(
        model="twin-tiny", input="What is an endpoint config?", background=True
    )
    ended = poll(
        lambda: talking.responses.retrieve(queued.id),
        lambda response: response.status not in ("queued", "in_progress"),
    )
    assert ended.status == "completed"
    assert ended.output_text


def test_a_batch_is_answered_by_a_job_beside_it(talking: OpenAI) -> None:
    body = {"model": "twin-tiny", "messages": QUESTION, "max_tokens": 16}
    url = "/v1/chat/completions"
    line = {"custom_id": "a", "method": "POST", "url": url, "body": body}
    file = talking.files.create(file=("requests.jsonl", json.dumps(line).encode()), purpose="batch")
    made = talking.batches.create(input_file_id=file.id, endpoint=url, completion_window="24h")
    ended = poll(
        lambda: talking.batches.retrieve(made.id),
        lambda batch: batch.status in ("completed", "failed"),
    )
    assert ended.output_file_id is not None, ended
    (answer,) = talking.files.content(ended.output_file_id).text.splitlines()
    assert json.loads(answer)["response"]["status_code"] == 200


def test_it_answers_from_documents(talking: OpenAI) -> None:
    store = talking.vector_stores.create(name="mine").id
    file = talking.vector_stores.files.upload_and_poll(
        vector_store_id=store,
        file=("hours.md", b"# Opening hours\n\nThe library closes at seven in the evening.\n"),
        max_wait_seconds=60,
    )
    assert file.status == "completed"
    answer = poll(
        lambda: talking.responses.create(
            model="twin-tiny",
            input="Until when can I borrow books?",
            max_output_tokens=8,
            tools=[{"type": "file_search", "vector_store_ids": [store]}],
            include=["file_search_call.results"],
        ),
        lambda answer: answer.output[0].status == "completed",
    )
    (found,) = answer.output[0].results
    assert "at seven" in found.text


def test_every_right_of_the_function_with_the_model_is_used(cloud: LocalCloud) -> None:
    unused = unused_rights(cloud, "twin-tiny-")
    assert [right for right in unused if right.startswith("api Streaming")] == []


def test_destroying_leaves_no_process(tiny: LocalDeployment, cloud: LocalCloud) -> None:
    tiny.destroy()
    with pytest.raises(NotDeployedError):
        tiny.outputs()
    psutil.wait_procs(environments(cloud, STAGE), timeout=LONG)
    assert environments(cloud, STAGE) == []


def weights(tiny: LocalDeployment) -> tuple[str, str]:
    """The bucket and the prefix that the function loads from."""
    cloud = tiny.cloud
    functions = cloud.session.client("lambda", endpoint_url=cloud.settings.origin)
    (variables,) = (
        function["Environment"]["Variables"]
        for function in functions.list_functions()["Functions"]
        if function.get("Environment", {}).get("Variables", {}).get("TWIN_STAGE") == "tiny"
        and "TWIN_WEIGHTS_BUCKET" in function["Environment"]["Variables"]
    )
    return variables["TWIN_WEIGHTS_BUCKET"], variables["TWIN_WEIGHTS_PREFIX"]
