"""The retrieval stack: who may read and write documents and the index, and what keeps it going."""

from __future__ import annotations

import json

import pytest

from features.aws.s3_vectors import UNFILTERABLE
from lambda_api.http.caller import _digest
from lambda_api.settings import Settings
from lambda_api.vector_stores.service import MAKING_SECONDS
from stacks.constructs.function.embedder import WEIGHTS_DIGEST
from stacks.constructs.function.environment import caller_id
from stacks.constructs.retrieval.search_function import callers_mb
from tests.support.synthesized import Synthesized, Template

DOCUMENT, PUBLISH, SEARCH = (
    f"features.handlers.{name}.handler" for name in ("document", "publish", "search")
)
STREAMING, CONTROL = "run.sh", "lambda_api.handlers.control.handler"
WRITES = {"s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"}
FEATURES = ("documents/", "index/", "stores/")


def rights(template: Template, handler: str) -> set[tuple[str, str]]:
    role = template.function(handler)["Role"]["Fn::GetAtt"][0]
    return template.rights(role)


def on_features(found: set[tuple[str, str]]) -> set[tuple[str, str]]:
    return {
        (action, resource.lstrip("/"))
        for action, resource in found
        if action.startswith("s3:") and resource.lstrip("/").startswith(FEATURES)
    }


def test_the_search_function_reads_the_index_and_nothing_else(local: Synthesized) -> None:
    found = rights(local.stacks["retrieval"], SEARCH)
    assert on_features(found) == {("s3:GetObject", "index/*")}
    services = {action.partition(":")[0] for action, _ in found}
    assert services == {"s3", "logs", "xray"}
    assert {action for action, _ in found if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
    }


def test_ingestion_writes_the_index_and_no_document(local: Synthesized) -> None:
    template = local.stacks["retrieval"]
    assert on_features(rights(template, DOCUMENT)) == {
        ("s3:GetObject", "documents/*"),
        ("s3:GetObject", "index/*"),
        ("s3:PutObject", "index/*/records/*"),
    }
    assert on_features(rights(template, PUBLISH)) == {
        ("s3:GetObject", "index/*"),
        ("s3:PutObject", "index/*"),
        ("s3:DeleteObject", "index/*"),
    }


def test_the_control_function_alone_writes_documents_and_nobody_but_ingestion_the_index(
    local: Synthesized,
) -> None:
    writers = {
        (name, role): {
            resource.partition("/")[0]
            for action, resource in on_features(template.rights(role))
            if action in WRITES
        }
        for name, template in local.stacks.items()
        for role in template.resources("AWS::IAM::Role")
    }
    found = {who: what for who, what in writers.items() if what and who[0] != "retrieval"}
    control = local.api.function(CONTROL)["Role"]["Fn::GetAtt"][0]
    assert found == {("api", control): {"documents", "stores"}}
    assert {resource for _, resource in on_features(rights(local.api, STREAMING))} == {"stores/*"}
    for handler in (STREAMING, CONTROL):
        assert "lambda:InvokeFunction" in {action for action, _ in rights(local.api, handler)}


def test_files_lie_with_the_documents_only_where_there_are_no_batches(
    local: Synthesized, retrieving: Synthesized
) -> None:
    bucket = retrieving.stacks["retrieval"].only("AWS::S3::Bucket")
    (passing,) = [
        rule for rule in bucket["LifecycleConfiguration"]["Rules"] if rule.get("Prefix") == "files/"
    ]
    settings = Settings.model_fields["batch_retention_days"]
    assert passing["ExpirationInDays"] == settings.default
    files = {action for action, resource in rights(retrieving.api, CONTROL) if "files/" in resource}
    assert files == {"s3:GetObject", "s3:PutObject", "s3:DeleteObject"}
    kept = local.stacks["retrieval"].only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    assert "files/" not in {rule.get("Prefix") for rule in kept}


def test_limits_of_stores_reach_the_function_that_keeps_them(retrieving: Synthesized) -> None:
    variables = retrieving.api.environment(CONTROL)
    assert variables["TWIN_MAX_VECTOR_STORES"] == "100"
    assert "TWIN_QUOTA_TABLE" in variables
    assert "TWIN_MAX_VECTOR_STORES" not in retrieving.api.environment(STREAMING)


def test_callers_stores_leave_room_in_a_search_function_of_any_size(local: Synthesized) -> None:
    function = local.stacks["retrieval"].function(SEARCH)
    told = function["Environment"]["Variables"]["TWIN_FEATURES_CALLERS_MB"]
    assert (function["MemorySize"], told) == (1769, "512")
    assert callers_mb(512) == 93


def test_a_stage_without_the_section_has_nothing_of_it(prod: Synthesized) -> None:
    assert "retrieval" not in prod.stacks
    text = json.dumps([template.raw for template in prod.stacks.values()])
    assert "RETRIEVAL" not in text
    assert "lambda:InvokeFunction" not in {action for action, _ in rights(prod.api, STREAMING)}


def test_every_change_of_a_document_is_told_to_the_queue(local: Synthesized) -> None:
    template = local.stacks["retrieval"]
    bucket = template.only("AWS::S3::Bucket")
    told = bucket["NotificationConfiguration"]["QueueConfigurations"]
    assert [one["Event"] for one in told] == ["s3:ObjectCreated:*", "s3:ObjectRemoved:*"]
    (resource,) = template.resources("AWS::S3::Bucket").values()
    (policy,) = [
        name
        for name, found in template.resources("AWS::SQS::QueuePolicy").items()
        if "s3.amazonaws.com" in json.dumps(found)
    ]
    assert policy in resource["DependsOn"]


def test_an_alarm_tells_of_the_oldest_message_of_each_queue(local: Synthesized) -> None:
    template = local.stacks["retrieval"]
    ages = {
        json.dumps(alarm["Dimensions"]): alarm["Threshold"]
        for alarm in template.properties("AWS::CloudWatch::Alarm")
        if alarm.get("MetricName") == "ApproximateAgeOfOldestMessage"
    }
    mappings = template.properties("AWS::Lambda::EventSourceMapping")
    queues = [one["EventSourceArn"]["Fn::GetAtt"][0] for one in mappings]
    assert len(queues) == len(ages) == 2
    assert all(any(queue in told for told in ages) for queue in queues)
    assert set(ages.values()) == {900}


@pytest.mark.parametrize(
    ("handler", "variable"), [(DOCUMENT, "DOCUMENT_QUEUE_URL"), (PUBLISH, "PUBLISH_QUEUE_URL")]
)
def test_who_takes_messages_may_put_them_off_and_no_others(
    local: Synthesized, handler: str, variable: str
) -> None:
    template = local.stacks["retrieval"]
    role = template.function(handler)["Role"]["Fn::GetAtt"][0]
    (resource,) = [
        statement["Resource"]
        for policy in template.properties("AWS::IAM::Policy")
        if {"Ref": role} in policy["Roles"]
        for statement in policy["PolicyDocument"]["Statement"]
        if "sqs:ChangeMessageVisibility" in statement["Action"]
    ]
    queue = template.function(handler)["Environment"]["Variables"][f"TWIN_FEATURES_{variable}"]
    assert resource["Fn::GetAtt"][0] == queue["Ref"]


@pytest.mark.parametrize(("handler", "event"), [(PUBLISH, "sweep"), (DOCUMENT, "fill")])
def test_ingestion_sweeps_and_fills_each_hour(local: Synthesized, handler: str, event: str) -> None:
    rule, _ = local.stacks["retrieval"].scheduled(handler)
    assert rule["ScheduleExpression"] == "rate(1 hour)"
    assert [target["Input"] for target in rule["Targets"]] == [f'{{"{event}":true}}']


def test_the_control_function_removes_expired_stores_each_day(local: Synthesized) -> None:
    (rule,) = [
        rule
        for rule in local.api.properties("AWS::Events::Rule")
        if rule["ScheduleExpression"] == "rate(1 day)"
    ]
    (target,) = rule["Targets"]
    assert target["Input"] == '{"sweep":true}'
    function = local.api.raw["Resources"][target["Arn"]["Fn::GetAtt"][0]]["Properties"]
    assert function["Handler"] == CONTROL


def test_notes_of_requests_go_after_a_while(local: Synthesized) -> None:
    bucket = local.stacks["retrieval"].only("AWS::S3::Bucket")
    days = {
        rule["Prefix"]: rule["ExpirationInDays"]
        for rule in bucket["LifecycleConfiguration"]["Rules"]
        if "Prefix" in rule
    }
    assert days == {"stores/~": 30}


def test_the_sources_of_events_report_each_message(local: Synthesized) -> None:
    mappings = local.stacks["retrieval"].properties("AWS::Lambda::EventSourceMapping")
    assert len(mappings) == 2
    assert all(one["FunctionResponseTypes"] == ["ReportBatchItemFailures"] for one in mappings)
    windows = [one.get("MaximumBatchingWindowInSeconds") for one in mappings]
    assert sorted(windows, key=str) == [5, None]


def test_no_document_is_tried_together_with_another(local: Synthesized) -> None:
    """A run that is killed counts a try for each of its messages."""
    template = local.stacks["retrieval"]
    (document,) = (
        one
        for one in template.properties("AWS::Lambda::EventSourceMapping")
        if "MaximumBatchingWindowInSeconds" not in one
    )
    assert document["BatchSize"] == 1


def test_one_environment_is_kept_warm(local: Synthesized) -> None:
    rule, _ = local.stacks["retrieval"].scheduled(SEARCH)
    assert rule["ScheduleExpression"] == "rate(1 minute)"
    assert rule["Targets"][0]["Input"] == '{"warm":true}'


def test_settings_accept_what_the_stacks_write(
    retrieving: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in retrieving.api.environment(STREAMING).items():
        monkeypatch.setenv(name, value)
    settings = Settings.from_environment()
    assert settings.retrieval_stores == ["inside"]
    assert settings.retrieval_store_keys == {"inside": [caller_id("abc123")]}
    assert settings.retrieval_rewrite
    assert settings.context_length >= 1024


def test_the_functions_of_features_accept_what_the_stack_writes(
    retrieving: Synthesized, monkeypatch: pytest.MonkeyPatch
) -> None:
    from features.settings import Settings as FeaturesSettings

    template = retrieving.stacks["retrieval"]
    for handler in (DOCUMENT, PUBLISH, SEARCH):
        written = template.environment(handler)
        assert written["OPENBLAS_NUM_THREADS"] == "1"
        with monkeypatch.context() as environment:
            for name, value in written.items():
                environment.setenv(name, value)
            settings = FeaturesSettings.from_environment("index_bucket")
        assert (settings.embedder, settings.embedder_dimension) == ("bedrock", 256)
        (store,) = settings.stores
        assert store.keys == {caller_id("abc123")}
        assert store.forced_filter == {"type": "eq", "key": "audience", "value": "staff"}
        assert "bedrock:InvokeModel" in {action for action, _ in rights(template, handler)}


def test_an_index_of_vectors_is_named_by_its_embedder_and_keeps_text_out_of_filters(
    vectored: Synthesized, local: Synthesized
) -> None:
    index = vectored.stacks["retrieval"].only("AWS::S3Vectors::Index")
    assert index["IndexName"] == f"minilm-{WEIGHTS_DIGEST[:12]}"
    assert (index["Dimension"], index["DistanceMetric"]) == (384, "cosine")
    keys = index["MetadataConfiguration"]["NonFilterableMetadataKeys"]
    assert tuple(keys) == UNFILTERABLE
    assert not local.stacks["retrieval"].resources("AWS::S3Vectors::Index")


def test_only_the_publisher_writes_vectors_and_only_the_search_reads_them(
    vectored: Synthesized,
) -> None:
    template = vectored.stacks["retrieval"]

    def asked(handler: str) -> set[str]:
        found = {action for action, _ in rights(template, handler)}
        return {action for action in found if action.startswith("s3vectors:")}

    assert asked(DOCUMENT) == set()
    assert asked(PUBLISH) == {"s3vectors:PutVectors", "s3vectors:DeleteVectors"}
    assert asked(SEARCH) == {"s3vectors:QueryVectors", "s3vectors:GetVectors"}
    for handler in (DOCUMENT, PUBLISH, SEARCH):
        assert "TWIN_FEATURES_VECTOR_INDEX" in template.environment(handler)


def test_callers_have_the_same_id_in_both_rooms() -> None:
    assert caller_id("abc123") == _digest("abc123")


def test_a_store_is_being_made_for_longer_than_the_function_runs(local: Synthesized) -> None:
    assert local.api.function(CONTROL)["Timeout"] < MAKING_SECONDS
