"""Doctor in accounts of the local cloud: new, ready, closed, and with something wrong."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from doctor.examination import CHECKS, FAILURES, NOTHING_SEEN, examine, exit_status
from doctor.findings import Finding
from doctor.surroundings import Surroundings
from stacks.account_reads import account_reads
from stacks.config import STAGE_TAG, StageConfig
from tests.support.localcloud.account import NOTHING, Account
from tests.support.localcloud.cloud import Cloud
from tests.support.model_files import SMALL_GGUF

DEFAULTS = "servicequotas:ListAWSDefaultServiceQuotas"
LLAMA_CPP = {
    "model__engine": "llama-cpp",
    "model__flags": None,
    "async": None,
    "batch": None,
    "batch__model_archive": None,
}
WEBHOOK = {"url": "https://example.com/hooks", "secret_name": "twin/webhook"}


def outcomes(findings: list[Finding]) -> set[tuple[str, str]]:
    return {(finding.check, finding.outcome) for finding in findings}


def about(check: str, around: Surroundings, config: StageConfig) -> list[Finding]:
    return [finding for finding in examine(around, config) if finding.check == check]


def test_new_account_is_told_all_that_it_lacks(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(async__webhook=WEBHOOK, api__reserved_concurrency=128)
    found = [*examine(account.around(), config)]

    assert exit_status(found) == FAILURES
    assert outcomes(found) == {
        ("credentials", "ok"),
        ("bootstrap", "failure"),
        ("region", "ok"),
        ("quotas", "ok"),
        ("quotas", "warning"),
        ("lambda", "failure"),
        ("layer", "ok"),
        ("images", "failure"),
        ("weights", "failure"),
        ("webhook", "failure"),
        ("scaling role", "warning"),
        ("stacks", "ok"),
    }
    assert all(finding.remedy for finding in found if finding.outcome != "ok")


def test_quotas_are_compared_with_each_need(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    quotas = about("quotas", account.around(), stage())
    assert [finding.outcome for finding in quotas] == ["ok", "warning", "warning", "warning"]
    first, full, update, batch = (finding.message for finding in quotas)
    assert first == "first deployment: 3 of 4 instances, ml.g6e.xlarge for endpoint usage"
    assert "8 instances are needed, and the quota 'ml.g6e.xlarge for endpoint usage' is 4" in full
    assert "update: 16 instances are needed" in update
    assert "quota 'ml.g6e.xlarge for transform job usage' is 0" in batch
    assert "/servicequotas/home/services/sagemaker/quotas/L-" in quotas[1].remedy
    many = stage(realtime__initial_instance_count=4)
    assert about("quotas", account.around(), many)[0].outcome == "failure"


def test_ready_account_is_seen_with_the_listed_reads_and_no_more(
    account: Account, stage: Callable[..., StageConfig], small: Cloud, tmp_path: Path
) -> None:
    key = account.client("kms").create_key()["KeyMetadata"]["Arn"]
    config = stage(async__webhook=WEBHOOK | {"key_arn": key})
    account.make_ready(config, tmp_path)
    session = account.may("doctor", account.reads(config))
    found = [*examine(account.around(session), config)]

    assert exit_status(found) == 0, found
    assert [finding for finding in found if finding.outcome == "denied"] == []
    assert used(small, account) == {*account_reads(config)} - {DEFAULTS}


def test_defaults_are_asked_for_where_no_quota_is_applied(
    account: Account, stage: Callable[..., StageConfig], small: Cloud
) -> None:
    # The service's own list of types has no such one.
    config = stage(**LLAMA_CPP, realtime__instance_type="ml.m5.8xlarge")
    session = account.may("doctor", account.reads(config))
    quotas = about("quotas", account.around(session), config)
    assert {finding.outcome for finding in quotas} == {"warning"}
    assert "Service Quotas lists no 'ml.m5.8xlarge for endpoint usage'" in quotas[0].message
    assert DEFAULTS in used(small, account)


def used(cloud: Cloud, account: Account) -> set[str]:
    """The actions that IAM was asked for by doctor's role; everybody may ask who they are."""
    with urllib.request.urlopen(cloud.url("/_localcloud/iam")) as answer:
        calls = json.load(answer)
    principal = f"arn:aws:sts::{account.number}:assumed-role/doctor/me"
    actions = {call["action"] for call in calls if call["principal"] == principal}
    return actions - {"sts:GetCallerIdentity"}


def test_scale_to_zero_asks_for_components(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(
        realtime__autoscaling={"scale_to_zero": True, "max_instances": 2},
        realtime__initial_instance_count=1,
        realtime__deployment={},
    )
    assert {"sagemaker:ListInferenceComponents", "sagemaker:DescribeEndpoint"} <= {
        *account_reads(config)
    }
    (found,) = about("scale to zero", account.around(), config)
    assert found.outcome == "ok"


def test_who_may_look_at_nothing_is_told_so(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    session = account.may("nobody", [NOTHING])
    found = [*examine(account.around(session), stage(async__webhook=WEBHOOK))]

    assert exit_status(found) == NOTHING_SEEN
    needing = {check.name for check in CHECKS if check.needs == "rights"}
    needing -= {"scale to zero", "variant", "version"}  # which another stage needs
    assert {f.check for f in found if f.outcome == "denied"} == needing
    (images,) = [finding for finding in found if finding.check == "images"]
    assert "the credentials may not do this" in images.message
    assert "Ask for the right to BatchGetImage" in images.message


def test_what_may_not_be_looked_at_hides_nothing_else(
    account: Account, stage: Callable[..., StageConfig], tmp_path: Path
) -> None:
    config = stage(async__webhook=WEBHOOK)
    account.make_ready(config, tmp_path)
    some = [s for s in account.reads(config) if s["Action"] != "ecr:BatchGetImage"]
    found = [*examine(account.around(account.may("some", some)), config)]

    assert {f.check for f in found if f.outcome == "denied"} == {"images"}
    assert exit_status(found) == 0


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model-00001-of-00002.safetensors": b""}, "got 1 shards; must be 2"),
        ({"model.safetensors": (90).to_bytes(8, "little") + b"{}"}, "got a header of 90 bytes"),
        ({"config.json": b"no JSON"}, "/twin/v1/config.json: got no JSON"),
        ({"adapter_config.json": b"{}"}, "got an adapter where a model is expected"),
    ],
)
def test_weights_in_a_bucket_are_inspected_as_local_ones_are(
    account: Account,
    stage: Callable[..., StageConfig],
    tmp_path: Path,
    change: dict[str, bytes],
    said: str,
) -> None:
    config = stage()
    account.make_ready(config, tmp_path)
    objects = account.client("s3")
    for name, body in change.items():
        objects.put_object(Bucket=account.bucket, Key=f"twin/v1/{name}", Body=body)
        if name.startswith("model-"):
            objects.delete_object(Bucket=account.bucket, Key="twin/v1/model.safetensors")

    messages = [f.message for f in about("weights", account.around(), config) if f.outcome != "ok"]
    assert [m for m in messages if said in m], messages
    assert "/tmp" not in "".join(messages)


def test_gguf_in_a_bucket_is_read_by_its_header(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(**LLAMA_CPP)
    objects = account.client("s3")
    objects.create_bucket(Bucket=account.bucket)
    objects.put_object(Bucket=account.bucket, Key="twin/v1/model.gguf", Body=SMALL_GGUF)
    assert {f.outcome for f in about("weights", account.around(), config)} == {"ok"}
    objects.put_object(Bucket=account.bucket, Key="twin/v1/model.gguf", Body=SMALL_GGUF[:-1])
    (broken,) = [f for f in about("weights", account.around(), config) if f.outcome == "failure"]
    assert broken.message.startswith(f"artifacts: s3://{account.bucket}/twin/v1/model.gguf: ")


def test_gguf_in_a_bucket_that_no_instance_holds_is_refused_with_the_sum(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(**LLAMA_CPP, model__context_length=10**7, model__max_concurrent_sequences=1000)
    objects = account.client("s3")
    objects.create_bucket(Bucket=account.bucket)
    objects.put_object(Bucket=account.bucket, Key="twin/v1/model.gguf", Body=SMALL_GGUF)
    found = about("weights", account.around(), config)
    (told,) = [finding.message for finding in found if finding.outcome == "failure"]
    assert told.startswith("realtime.instance_type: got 'ml.")
    assert "(10000000 tokens x 1000 sequences)" in told


def test_old_bootstrap_a_secret_that_cannot_sign_and_an_absent_tag(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(async__webhook=WEBHOOK)
    account.bootstrap("5")
    account.client("secretsmanager").create_secret(Name="twin/webhook", SecretString="plain")
    account.client("ecr").create_repository(repositoryName=config.images[0].repository)
    found = {f.check: f.message for f in examine(account.around(), config)}

    assert found["bootstrap"] == "version 5 is too old: it must be 6 or newer"
    assert "24 to 64 random bytes" in found["webhook"]
    assert "has no image" in found["images"]


def test_stuck_stacks_and_those_that_config_has_no_more(
    account: Account, stage: Callable[..., StageConfig]
) -> None:
    config = stage(batch=None)
    bucket = {"Bucket": {"Type": "AWS::S3::Bucket"}}
    bad = {"Bad": {"Type": "AWS::SageMaker::EndpointConfig", "Properties": {}}}
    tagged = [{"Key": STAGE_TAG, "Value": "twin-test"}]
    assert account.create_stack("twin-test-serving", bad) == "ROLLBACK_COMPLETE"
    account.create_stack("twin-test-batch", bucket)
    account.create_stack("twin-test-search", bucket, Tags=tagged)
    account.create_stack("twin-test-eu-serving", bucket)

    found = {f.message.split()[0]: f for f in about("stacks", account.around(), config)}
    assert found.keys() == {"twin-test-serving", "twin-test-batch", "twin-test-search"}
    assert "the next one deletes it first" in found["twin-test-serving"].remedy
    assert "config/test.toml has no section for it" in found["twin-test-batch"].message
    assert "delete-stack --stack-name twin-test-search" in found["twin-test-search"].remedy
