from __future__ import annotations

import json
import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.eventually import eventually, poll
from tests.support.localcloud.deployment import (
    ENDLESS,
    Deployment,
    answering,
    engines,
    kill_engine,
    unique,
)
from tests.support.localcloud.queues import create_queue
from tests.support.localcloud.transform import Transform, line, lines

LOG_GROUP = "/aws/sagemaker/TransformJobs"


@pytest.fixture
def transform(fresh: Deployment) -> Transform:
    return Transform(fresh)


def test_lines_are_filtered_answered_joined_and_assembled(transform: Transform) -> None:
    transform.put({"a.jsonl": lines("a", 10), "deep/b.jsonl": lines("b", 3)})
    job = transform.run()
    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    assert job["TransformStartTime"] <= job["TransformEndTime"]
    outputs = transform.outputs()
    assert set(outputs) == {"a.jsonl.out", "deep/b.jsonl.out"}
    first, *_ = outputs["a.jsonl.out"]
    assert set(first) == {"id", "SageMakerOutput"}
    assert first["SageMakerOutput"]["usage"]["completion_tokens"] == 4
    assert [one["id"] for one in outputs["a.jsonl.out"]] == [f"a-{n}" for n in range(10)]
    assert len(outputs["deep/b.jsonl.out"]) == 3


def test_instances_share_the_files_and_end_with_the_job(transform: Transform) -> None:
    transform.put({f"{number}.jsonl": lines(f"{number}", 6) for number in range(4)})
    resources = {"InstanceType": "ml.m5.large", "InstanceCount": 2}
    job = transform.run(TransformResources=resources)
    assert job["TransformJobStatus"] == "Completed"
    assert {len(found) for found in transform.outputs().values()} == {6}
    assert engines(transform.cloud, transform.alias) == []
    logs = transform.cloud.client("logs").describe_log_streams(
        logGroupName=LOG_GROUP, logStreamNamePrefix=f"{job['TransformJobName']}/i-"
    )
    assert len(logs["logStreams"]) == 2


def test_bad_record_fails_its_file_only(transform: Transform) -> None:
    bad = lines("bad", 2) + line("bad-2", messages="no list") + lines("bad", 2)
    transform.put({"bad.jsonl": bad, "good.jsonl": lines("good", 3)})
    job = transform.run()
    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(
        f"ClientError: {transform.bucket}/input/bad.jsonl: record 3: "
        "Bad HTTP status received from algorithm: 4"
    )
    assert set(transform.outputs()) == {"good.jsonl.out"}
    logs = transform.cloud.client("logs").filter_log_events(
        logGroupName=LOG_GROUP,
        logStreamNamePrefix=f"{job['TransformJobName']}/",
    )["events"]
    assert any("input/bad.jsonl: record 3: Bad HTTP status" in one["message"] for one in logs)
    assert any(one["message"].startswith("listening on") for one in logs)


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{no json}\n", "record 1: the input is not JSON"),
        (b'{"id": 1}\n', "record 1: InputFilter $.request: the object has no ['request']"),
        (b"x" * (2**20 + 1), "record 1: 1048577 bytes, more than MaxPayloadInMB (1 MB)"),
    ],
)
def test_unusable_record_is_named(transform: Transform, content: bytes, problem: str) -> None:
    transform.put({"a.jsonl": content})
    job = transform.run()
    assert job["TransformJobStatus"] == "Failed"
    assert problem in job["FailureReason"]
    assert transform.outputs() == {}


def test_killed_container_is_restarted_and_nothing_lost_or_doubled(transform: Transform) -> None:
    transform.put({f"{number}.jsonl": lines(f"{number}", 20, tokens=400) for number in range(2)})
    name = transform.start()
    for _ in range(2):
        # 4 of 40 records are being answered: the job is far from its end.
        eventually(lambda: answering(transform.cloud, transform.alias) != [])
        kill_engine(transform.cloud, transform.alias)
    job = transform.ended(name)
    assert (job["TransformJobStatus"], job.get("FailureReason")) == ("Completed", None)
    for number in range(2):
        found = transform.outputs()[f"{number}.jsonl.out"]
        assert [one["id"] for one in found] == [f"{number}-{n}" for n in range(20)]


def test_stopped_job_ends_and_writes_nothing_more(transform: Transform) -> None:
    transform.put({"a.jsonl": line("a", ENDLESS)})
    name = transform.start()
    eventually(lambda: answering(transform.cloud, transform.alias) != [])
    transform.sagemaker.stop_transform_job(TransformJobName=name)
    assert transform.ended(name)["TransformJobStatus"] == "Stopped"
    assert transform.outputs() == {}
    assert engines(transform.cloud, transform.alias) == []
    with pytest.raises(ClientError, match="the transform job is in status Stopped"):
        transform.sagemaker.stop_transform_job(TransformJobName=name)


def test_whole_file_is_one_record_without_a_split(transform: Transform) -> None:
    transform.put({"one.json": json.dumps(json.loads(line("one"))["request"]).encode()})
    source = transform.parameters()["TransformInput"]
    job = transform.run(TransformInput={**source, "SplitType": "None"}, DataProcessing=None)
    assert job["TransformJobStatus"] == "Completed"
    (found,) = transform.outputs()["one.json.out"]
    assert found["usage"]["completion_tokens"] == 4


def test_record_that_never_answers_fails_after_its_retries(transform: Transform) -> None:
    transform.put({"a.jsonl": line("a", ENDLESS)})
    client = {"InvocationsTimeoutInSeconds": 1, "InvocationsMaxRetries": 1}
    job = transform.run(ModelClientConfig=client)
    assert "record 1: No answer from algorithm within 1 seconds" in job["FailureReason"]


def test_changes_of_state_are_events(transform: Transform) -> None:
    events, sqs = transform.cloud.client("events"), transform.cloud.client("sqs")
    queue = create_queue(sqs, "events", "events.amazonaws.com")
    arn = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    rule = unique("rule")
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {"TransformJobStatus": ["Completed"], "ModelName": [transform.model]},
    }
    events.put_rule(Name=rule, EventPattern=json.dumps(pattern))
    events.put_targets(Rule=rule, Targets=[{"Id": "queue", "Arn": arn["QueueArn"]}])
    transform.put({"a.jsonl": lines("a", 1)})
    name = transform.run()["TransformJobName"]
    (message,) = poll(lambda: sqs.receive_message(QueueUrl=queue).get("Messages", []), bool)
    assert json.loads(message["Body"])["detail"]["TransformJobName"] == name
    events.remove_targets(Rule=rule, Ids=["queue"])
    events.delete_rule(Name=rule)


def test_no_input_and_broken_container_fail_the_job(transform: Transform) -> None:
    assert "No S3 objects found" in transform.run()["FailureReason"]
    transform.put({"a.jsonl": lines("a", 1)})
    job = transform.run(Environment={"SM_LLAMA_CPP_SPLIT_MODE": "row"})
    assert job["FailureReason"].startswith("AlgorithmError: The container did not pass")
    assert "not emulated: --split-mode" in job["FailureReason"]


def test_jobs_are_listed_and_their_names_unique(transform: Transform) -> None:
    transform.put({"a.jsonl": lines("a", 1)})
    name = transform.run()["TransformJobName"]
    listed = transform.sagemaker.list_transform_jobs(NameContains=name, StatusEquals="Completed")
    assert [one["TransformJobName"] for one in listed["TransformJobSummaries"]] == [name]
    with pytest.raises(ClientError, match="ResourceInUse"):
        transform.run(TransformJobName=name)
    with pytest.raises(ClientError, match="Could not find requested job with name: absent"):
        transform.sagemaker.describe_transform_job(TransformJobName="absent")


def test_uncompressed_model_is_refused(transform: Transform, fresh: Deployment) -> None:
    with pytest.raises(ClientError, match="which use ModelDataSource attribute"):
        transform.run(ModelName=fresh.create_model())


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"MaxPayloadInMB": 101}, "must be at most 100"),
        ({"MaxConcurrentTransforms": 34, "MaxPayloadInMB": 3}, "must be at most 100, got 34 * 3"),
        ({"MaxConcurrentTransforms": 17, "MaxPayloadInMB": None}, "got 17 * 6"),
        ({"MaxPayloadInMB": 0}, "not emulated: MaxPayloadInMB 0"),
        ({"DataProcessing": {"InputFilter": "request"}}, "must start with $"),
        ({"DataProcessing": {"InputFilter": "$" + ".a" * 32}}, "length less than or equal to 63"),
        ({"ModelName": "absent"}, "Could not find model"),
        ({"TransformResources": {"InstanceType": "ml.p5.48xlarge", "InstanceCount": 1}}, "enum"),
    ],
)
def test_impossible_job_is_refused(
    transform: Transform, changes: dict[str, Any], problem: str
) -> None:
    with pytest.raises(ClientError, match=re.escape(problem)):
        transform.run(**changes)
