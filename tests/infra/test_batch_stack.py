"""The batch stack: a model for batch hosts, and the state machine that runs jobs with it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.synthesized import Synthesized, Template


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
    [
        ("Prepare", "Proceed"),
        ("Transform", "Pause"),
        ("Pause", "Look"),
        ("Look", "HasEnded"),
        ("LongerPause", "Pause"),
        ("JobFailed", "MayPass"),
        ("Collect", "MoreToDo"),
    ],
)
def test_states_follow_each_other(jobs: Synthesized, state: str, then: str) -> None:
    assert machine(jobs)["States"][state]["Next"] == then


def test_a_job_is_looked_at_until_it_has_ended(jobs: Synthesized) -> None:
    ended = machine(jobs)["States"]["HasEnded"]
    completed, running = ended["Choices"]
    assert (completed["StringEquals"], completed["Next"]) == ("Completed", "Collect")
    assert [c["StringEquals"] for c in running["Or"]] == ["InProgress", "Stopping"]
    assert (running["Next"], ended["Default"]) == ("LongerPause", "JobFailed")


def test_looks_at_a_job_of_a_day_fit_the_events_of_an_execution(jobs: Synthesized) -> None:
    states = machine(jobs)["States"]
    first = states["Transform"]["ResultSelector"]["pause"]
    step = int(states["LongerPause"]["Parameters"]["pause.$"].rstrip(")").split(", ")[1])
    seconds, looks = 0, 0
    while seconds < 86_400:
        seconds, looks = seconds + first + looks * step, looks + 1
    # Of a Wait, a Choice and a Pass 2 events each, of a Task 5. https://docs.aws.amazon.com/step-functions/latest/dg/service-quotas.html
    assert looks * 11 < 25_000 / 10
    assert first + looks * step < 1000


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
    (collect,) = states["Collect"]["Catch"]
    assert (collect["Next"], collect["ResultPath"]) == ("Finish", "$.error")
    assert (states["Finish"]["Next"], states["Finish"]["Catch"][0]["Next"]) == ("Failed", "Failed")
    assert (states["KeepError"]["Next"], states["KeepError"]["ResultPath"]) == (
        "Collect",
        "$.error",
    )


def test_a_job_without_capacity_or_with_a_failure_of_sagemakers_waits_for_better_days(
    jobs: Synthesized,
) -> None:
    states = machine(jobs)["States"]
    never, later = states["MayPass"]["Choices"]
    for words in ("CapacityError", "Status Code: 5", "Rate exceeded"):
        assert f"*{words}*" in json.dumps(later)
    assert states[later["Next"]]["Type"] == "Wait"
    assert states[later["Next"]]["Next"] == "Transform"
    assert never["StringEquals"] == "SageMaker.ResourceLimitExceededException"
    assert never["Next"] == "KeepError"
    # What a ValidationException says, and AccessDenied: no later try helps.
    assert states["MayPass"]["Default"] == "KeepError"


def test_passing_errors_are_tried_again(jobs: Synthesized) -> None:
    retried = {e for r in machine(jobs)["States"]["Transform"]["Retry"] for e in r["ErrorEquals"]}
    assert retried == {
        "SageMaker.ResourceLimitExceededException",
        "SageMaker.SageMakerException",
        "SageMaker.SdkClientException",
    }


@pytest.mark.parametrize("name", ["Prepare", "Collect", "Finish"])
def test_a_function_is_tried_again_for_hours_but_not_for_what_never_passes(
    jobs: Synthesized, name: str
) -> None:
    never, crashes, anything = machine(jobs)["States"][name]["Retry"]
    assert (never["MaxAttempts"], "NotFoundError" in never["ErrorEquals"]) == (0, True)
    assert crashes["MaxAttempts"] < 10
    assert anything["ErrorEquals"] == ["States.ALL"]
    first, most, rate = (anything[k] for k in ("IntervalSeconds", "MaxDelaySeconds", "BackoffRate"))
    pauses = [min(first * rate**n, most) for n in range(anything["MaxAttempts"])]
    # With full jitter a pause is half as long on average.
    assert 3 * 3600 < sum(pauses) / 2 < 12 * 3600


def test_errors_that_are_not_tried_again_are_classes_of_the_functions(jobs: Synthesized) -> None:
    from lambda_api import errors, settings

    for name in machine(jobs)["States"]["Collect"]["Retry"][0]["ErrorEquals"]:
        assert hasattr(errors, name) or hasattr(settings, name)


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
    alarms = {alarm["MetricName"] for alarm in jobs.batch.properties("AWS::CloudWatch::Alarm")}
    assert alarms == {"ExecutionsFailed", "Errors"}


def test_an_execution_ends_an_hour_after_its_batchs_day(jobs: Synthesized) -> None:
    assert machine(jobs)["TimeoutSeconds"] == 25 * 3600


def test_names_of_jobs_differ_and_fit(jobs: Synthesized) -> None:
    name = job(jobs)["TransformJobName.$"]
    assert name.startswith("States.Format('twin-")
    assert "States.UUID()" in name


def test_the_machine_may_run_the_jobs_of_its_stage_and_no_others(full: Synthesized) -> None:
    rights = full.batch.rights(machine_role(full.batch))
    assert {(a, r) for a, r in rights if a.startswith("sagemaker:")} == {
        # As long as this stage's names, so that those of a stage `prod-eu` are not among them.
        (f"sagemaker:{action}", f"transform-job/twin-prod-{'?' * 32}-????")
        for action in ("CreateTransformJob", "DescribeTransformJob", "AddTags")
    }
    assert not {a for a, _ in rights if a.startswith("events:")}
    assert "iam:PassRole" not in {a for a, _ in rights}


def test_the_finisher_may_stop_the_jobs_of_its_stage_and_no_others(full: Synthesized) -> None:
    finish = full.batch.function("lambda_api.handlers.batch_finish.handler")
    rights = full.batch.rights(finish["Role"]["Fn::GetAtt"][0])
    assert {(a, r) for a, r in rights if a.startswith("sagemaker:")} == {
        ("sagemaker:StopTransformJob", f"transform-job/twin-prod-{'?' * 32}-????"),
        ("sagemaker:ListTransformJobs", "*"),
    }


def test_the_machine_is_traced_and_logs_without_prompts(jobs: Synthesized) -> None:
    properties = jobs.batch.only("AWS::StepFunctions::StateMachine")
    assert properties["TracingConfiguration"] == {"Enabled": True}
    assert properties["LoggingConfiguration"]["Level"] == "ALL"
    assert properties["LoggingConfiguration"]["IncludeExecutionData"] is False


@pytest.mark.parametrize(
    "handler", ["batch_prepare", "batch_collect", "batch_finish", "batch_sweep"]
)
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
    from lambda_api.batches.steps.schedule import ScheduledRun

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


def test_an_execution_that_is_cut_short_runs_the_finisher(jobs: Synthesized) -> None:
    cut_short, hourly = sorted(
        jobs.batch.properties("AWS::Events::Rule"), key=lambda rule: "EventPattern" not in rule
    )
    pattern = cut_short["EventPattern"]
    assert pattern["source"] == ["aws.states"]
    assert pattern["detail-type"] == ["Step Functions Execution Status Change"]
    assert set(pattern["detail"]["status"]) == {"FAILED", "TIMED_OUT", "ABORTED"}
    (arn,) = pattern["detail"]["stateMachineArn"]
    assert ":stateMachine:twin-" in json.dumps(arn)
    assert hourly["ScheduleExpression"] == "rate(1 hour)"
    for rule, handler in ((cut_short, "batch_finish"), (hourly, "batch_sweep")):
        (target,) = rule["Targets"]
        function = jobs.batch.resources("AWS::Lambda::Function")[target["Arn"]["Fn::GetAtt"][0]]
        assert function["Properties"]["Handler"] == f"lambda_api.handlers.{handler}.handler"


def test_the_sweeper_sees_and_stops_executions_and_starts_none(full: Synthesized) -> None:
    sweep = full.batch.function("lambda_api.handlers.batch_sweep.handler")
    rights = full.batch.rights(sweep["Role"]["Fn::GetAtt"][0])
    assert {action for action, _ in rights if action.startswith("states:")} == {
        "states:DescribeExecution",
        "states:StopExecution",
    }
    assert sweep["Environment"]["Variables"]["TWIN_BATCH_STATE_MACHINE_ARN"]


def test_only_the_sweeper_among_the_functions_touches_executions(full: Synthesized) -> None:
    for handler in ("batch_prepare", "batch_collect", "batch_finish"):
        function = full.batch.function(f"lambda_api.handlers.{handler}.handler")
        rights = full.batch.rights(function["Role"]["Fn::GetAtt"][0])
        assert not {action for action, _ in rights if action.startswith("states:")}
