"""The batch stack: a model for batch hosts, and the state machine that runs jobs with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.synthesized import Synthesized, Template

TRANSFORM = ":states:::sagemaker:createTransformJob.sync"


def machine(stage: Synthesized) -> dict[str, Any]:
    """The state machine's definition; what CloudFormation fills in is its logical id."""
    parts = stage.batch.only("AWS::StepFunctions::StateMachine")["DefinitionString"]["Fn::Join"][1]
    text = "".join(p if isinstance(p, str) else str(next(iter(p.values()))) for p in parts)
    definition: dict[str, Any] = json.loads(text)
    return definition


def job(stage: Synthesized) -> dict[str, Any]:
    parameters: dict[str, Any] = machine(stage)["States"]["Transform"]["Parameters"]
    return parameters


def machine_role(template: Template) -> str:
    arn = template.only("AWS::StepFunctions::StateMachine")["RoleArn"]
    name: str = arn["Fn::GetAtt"][0]
    return name


def test_the_job_sends_one_request_a_record_and_joins_the_answer_to_its_id(
    jobs: Synthesized,
) -> None:
    parameters = job(jobs)
    assert parameters["BatchStrategy"] == "SingleRecord"
    assert parameters["TransformInput"]["SplitType"] == "Line"
    assert parameters["TransformOutput"]["AssembleWith"] == "Line"
    assert parameters["DataProcessing"] == {
        "InputFilter": "$.request",
        "JoinSource": "Input",
        "OutputFilter": "$['id','SageMakerOutput']",
    }
    # Joining needs both to be JSON.
    assert parameters["TransformInput"]["ContentType"] == "application/json"
    assert parameters["TransformOutput"]["Accept"] == "application/json"


def test_the_job_is_what_config_says(full: Synthesized) -> None:
    parameters = job(full)
    assert parameters["MaxConcurrentTransforms"] == 50
    assert parameters["MaxPayloadInMB"] == 2
    assert parameters["TransformResources"] == {
        "InstanceType": "ml.g5.12xlarge",
        "InstanceCount.$": "$.instance_count",
        "TransformAmiVersion": "al2-ami-sagemaker-batch-gpu-535",
    }
    assert {"Key": "stage", "Value": "prod"} in parameters["Tags"]


def test_a_cpu_host_has_no_gpu_driver(local: Synthesized) -> None:
    assert "TransformAmiVersion" not in job(local)["TransformResources"]


def test_the_model_runs_on_the_drivers_of_batch_hosts(full: Synthesized) -> None:
    container = full.batch.only("AWS::SageMaker::Model")["PrimaryContainer"]
    assert container["Image"]["Fn::Join"][1][-1] == (
        "/vllm:0.19.1-gpu-py312-cu129-ubuntu22.04-sagemaker"
    )
    assert container["Environment"]["SM_VLLM_TENSOR_PARALLEL_SIZE"] == "4"


def test_the_model_has_no_uncompressed_weights(jobs: Synthesized) -> None:
    container = jobs.batch.only("AWS::SageMaker::Model")["PrimaryContainer"]
    assert "ModelDataSource" not in container


@pytest.mark.parametrize(
    ("state", "then"),
    [("Prepare", "Proceed"), ("Transform", "Collect"), ("Collect", "MoreToDo")],
)
def test_states_follow_each_other(jobs: Synthesized, state: str, then: str) -> None:
    assert machine(jobs)["States"][state]["Next"] == then


def test_a_refused_input_starts_nothing(jobs: Synthesized) -> None:
    proceed = machine(jobs)["States"]["Proceed"]
    (choice,) = proceed["Choices"]
    assert {c["Variable"] for c in choice["And"]} == {"$.proceed"}
    assert (choice["Next"], proceed["Default"]) == ("Transform", "Done")


def test_every_failure_is_collected(jobs: Synthesized) -> None:
    states = machine(jobs)["States"]
    (prepare,) = states["Prepare"]["Catch"]
    assert (prepare["Next"], prepare["ResultPath"]) == ("Collect", "$.error")
    (transform,) = states["Transform"]["Catch"]
    assert transform["ErrorEquals"] == ["States.ALL"]
    assert states[transform["Next"]]["Default"] == "KeepError"
    assert (states["KeepError"]["Next"], states["KeepError"]["ResultPath"]) == (
        "Collect",
        "$.error",
    )


def test_a_job_without_capacity_waits_for_it(jobs: Synthesized) -> None:
    states = machine(jobs)["States"]
    (short,) = states["CapacityIsShort"]["Choices"]
    assert short["And"][1]["StringMatches"] == "*CapacityError*"
    assert states[short["Next"]]["Type"] == "Wait"
    assert states[short["Next"]]["Next"] == "Transform"


def test_passing_errors_are_tried_again(jobs: Synthesized) -> None:
    retried = {e for r in machine(jobs)["States"]["Transform"]["Retry"] for e in r["ErrorEquals"]}
    assert "SageMaker.ResourceLimitExceededException" in retried
    assert "States.TaskFailed" not in retried  # the same job would fail again, and cost again


def test_another_round_starts_from_what_was_collected(jobs: Synthesized) -> None:
    states = machine(jobs)["States"]
    assert states["MoreToDo"]["Choices"][0]["Next"] == "NextRound"
    assert states["NextRound"] == {
        "Type": "Pass",
        "InputPath": "$.collected",
        "Next": "Transform",
    }


def test_only_a_failure_that_no_request_caused_fails_the_execution(jobs: Synthesized) -> None:
    states = machine(jobs)["States"]
    assert states["MoreToDo"]["Choices"][1]["And"][1]["StringMatches"] == "*ClientError*"
    assert states["MoreToDo"]["Choices"][1]["Next"] == "Done"
    assert states["MoreToDo"]["Choices"][2]["Next"] == "Failed"
    (alarm,) = jobs.batch.properties("AWS::CloudWatch::Alarm")
    assert alarm["MetricName"] == "ExecutionsFailed"


def test_a_batch_has_a_day_and_its_end_is_still_written_then(jobs: Synthesized) -> None:
    definition = machine(jobs)
    assert definition["States"]["Transform"]["TimeoutSeconds"] == 86_400
    assert definition["TimeoutSeconds"] > 86_400


def test_names_of_jobs_differ_and_fit(jobs: Synthesized) -> None:
    name = job(jobs)["TransformJobName.$"]
    assert name.startswith("States.Format('twin-")
    assert "States.UUID()" in name


def test_the_machine_may_run_the_jobs_of_its_stage_and_no_others(full: Synthesized) -> None:
    rights = full.batch.rights(machine_role(full.batch))
    assert {(a, r) for a, r in rights if a.startswith("sagemaker:")} == {
        (f"sagemaker:{action}", "transform-job/twin-prod-*")
        for action in (
            "CreateTransformJob",
            "DescribeTransformJob",
            "StopTransformJob",
            "AddTags",
            "ListTags",
        )
    }
    rule = "rule/StepFunctionsGetEventsForSageMakerTransformJobsRule"
    assert {r for a, r in rights if a.startswith("events:")} == {rule}
    assert "iam:PassRole" not in {a for a, _ in rights}


def test_the_machine_is_traced_and_logs_without_prompts(jobs: Synthesized) -> None:
    properties = jobs.batch.only("AWS::StepFunctions::StateMachine")
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["LoggingConfiguration"]["Level"] == "ALL"
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False


@pytest.mark.parametrize("handler", ["batch_prepare", "batch_collect"])
def test_functions_have_time_for_large_files(jobs: Synthesized, handler: str) -> None:
    assert jobs.batch.function(f"lambda_api.handlers.{handler}.handler")["Timeout"] == 900


def test_only_control_starts_and_stops_and_only_this_machine(full: Synthesized) -> None:
    api = full.api
    allowed = {
        (role, action, resource)
        for role in api.resources("AWS::IAM::Role")
        for action, resource in api.rights(role)
        if action.startswith("states:")
    }
    control = api.function("lambda_api.handlers.control.handler")["Role"]["Fn::GetAtt"][0]
    assert {(role, action) for role, action, _ in allowed} == {
        (control, "states:StartExecution"),
        (control, "states:StopExecution"),
    }
    statements = json.dumps([s for s in api.statements() if "states:" in json.dumps(s["Action"])])
    assert ":stateMachine:twin-prod-batch" in statements
    assert ":execution:twin-prod-batch:*" in statements


def test_the_bucket_forgets_files_and_batches_but_not_what_schedules_read(
    full: Synthesized,
) -> None:
    rules = full.batch.only("AWS::S3::Bucket")["LifecycleConfiguration"]["Rules"]
    expiring = {rule["Prefix"]: rule["ExpirationInDays"] for rule in rules if "Prefix" in rule}
    assert expiring == {"files/": 30, "batches/": 30}


def test_a_schedule_starts_the_machine_with_what_prepare_takes(full: Synthesized) -> None:
    from lambda_api.batches.schedule import ScheduledRun

    schedule = full.batch.only("AWS::Scheduler::Schedule")
    assert schedule["ScheduleExpression"] == "cron(0 3 * * ? *)"
    event = json.loads(schedule["Target"]["Input"])
    assert ScheduledRun(**event).input_prefix == "scheduled/nightly/"
    assert event["run"] == "<aws.scheduler.execution-id>"
    prepare = full.batch.function("lambda_api.handlers.batch_prepare.handler")
    rights = full.batch.rights(prepare["Role"]["Fn::GetAtt"][0])
    assert ("s3:GetObject", "/scheduled/nightly/*") in rights


def test_a_stage_without_schedules_has_none(local: Synthesized) -> None:
    assert local.batch.properties("AWS::Scheduler::Schedule") == []


def test_outputs_name_what_a_person_needs(jobs: Synthesized) -> None:
    assert {"BucketName", "StateMachineArn"} <= set(jobs.batch.outputs)
