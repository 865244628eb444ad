"""ministack's private names that `localcloud.ministack_hooks` uses are there, and are what it takes
them for. When an upgrade fails here, read what changed before changing the expectation.
"""

from __future__ import annotations

import inspect
import tomllib
from functools import partial
from importlib.metadata import version
from types import ModuleType
from typing import Any

import ministack.app as ministack_app
import pytest
from ministack.core import (
    iam_actions,
    iam_evaluator,
    lambda_runtime,
    responses,
    router,
    sigv4,
)
from ministack.services import (
    apigateway_v1,
    cloudformation,
    cloudwatch,
    cloudwatch_logs,
    dynamodb,
    eventbridge,
    iam,
    lambda_svc,
    s3,
    sns,
    sqs,
    stepfunctions,
)
from ministack.services.cloudformation import changesets, handlers, provisioners, stacks

from tests.support.project import PROJECT

SIGNATURES = [
    (ministack_app, "app", "scope receive send"),
    (ministack_app, "_lazy_handler", "module_name"),
    (ministack_app, "_version", ""),
    (ministack_app, "set_request_account_id", "access_key_id"),
    (ministack_app, "set_request_region", "region"),
    (router, "extract_access_key_id", "headers query_params"),
    (router, "extract_region", "headers query_params"),
    (responses, "request_scope", "account_id region"),
    (ministack_app, "pin_request_origin", "source_ip secure_transport"),
    (
        iam_evaluator,
        "enforce",
        "access_key_id iam_action service region resource_arn service_context",
    ),
    (iam_evaluator, "resolve_caller_identity", "access_key_id"),
    (iam_evaluator, "_resource_policy", "service resource_arn"),
    (iam_evaluator, "evaluate_resource_policy", "doc ctx service named_only direct_only"),
    (iam_actions, "extract_iam_action", "service method path headers body query_params"),
    (
        iam_actions,
        "extract_resource_arn",
        "service method path headers body query_params region account_id",
    ),
    (iam_actions, "identity_denial_message", "action principal_arn resource explicit_deny"),
    (
        iam_actions,
        "access_denied_response",
        "service action principal_arn request_id error_code message headers resource_arn "
        "explicit_deny resource_policy_arn",
    ),
    (iam, "_create_role", "p"),
    (sqs, "queue_policy_allows", "queue_arn service source_arn source_account"),
    (eventbridge, "_invoke_target", "target event rule view"),
    (lambda_svc, "_iter_all_esms", ""),
    (lambda_svc, "_route_async_failure", "target_arn func_name event result"),
    (stepfunctions, "_create_state_machine", "data"),
    (provisioners, "_sfn_definition", "props"),
    (provisioners, "_physical_name", "stack_name logical_id lowercase max_len seeded"),
    (stacks, "_runs_on_worker_thread", "resource_type"),
    (cloudformation, "handle_request", "method path headers body query_params"),
    (changesets, "_track_change_set_execution", "change_set stack deploy_coro"),
    (handlers, "_delete_stack_async", "stack_name stack_id retain_resources force"),
    (handlers, "_imported_export_names", "stack stack_name"),
    (
        stacks,
        "_resolve_stack_outputs",
        "outputs_defs conditions resources param_values mappings stack_name stack_id",
    ),
    (apigateway_v1, "_put_integration", "api_id resource_id http_method data"),
    (apigateway_v1, "_v1_response", "data status"),
    (apigateway_v1, "_gateway_error_response", "error request"),
    (apigateway_v1, "_lambda_proxy_response", "result"),
    (
        apigateway_v1,
        "_invoke_lambda_proxy_v1",
        "integration api_id stage_name stage resource request_path method headers body "
        "query_params path_params owner_account_id owner_region binary_media_types "
        "authorizer_context caller_identity",
    ),
    (
        apigateway_v1,
        "_build_lambda_event_v1",
        "api_id stage_name stage resource request_path method headers body query_params "
        "path_params binary_media_types authorizer_context caller_identity",
    ),
    (apigateway_v1, "_invoke_authorizer_lambda", "authorizer event account_id region"),
    (
        apigateway_v1,
        "_authorize_request_v1",
        "api_id stage_name method_obj method request_path resource headers body query_params "
        "path_params stage owner_account_id owner_region",
    ),
    (apigateway_v1, "_api_key_from_request", "headers"),
    (apigateway_v1, "_check_api_key", "method_obj api_id stage_name headers"),
    (
        apigateway_v1,
        "_handle_execute_in_scope",
        "api_id stage_name method path headers body query_params owner_account_id owner_region",
    ),
    (apigateway_v1._GatewayError, "__init__", "self response_type message error_type"),
    (responses.StreamingResponse, "__init__", "self runner"),
    (lambda_svc, "_get_func_record_for_ref", "function_ref"),
    (lambda_svc, "_get_base_func_record_for_ref", "function_ref"),
    (lambda_svc, "_acquire_execution_slot", "func config"),
    (lambda_svc, "_release_execution_slot", "key"),
    (lambda_svc, "_put_function_concurrency", "func_name data"),
    (lambda_svc, "_emit_lambda_metrics", "function_name duration_ms error throttle"),
    (lambda_svc, "_snapstart_provision_version_async", "name ver_record"),
    (lambda_svc, "invalidate_worker", "func_name qualifier account region"),
    (lambda_runtime, "_detect_runtime_binary", "runtime"),
    (lambda_runtime.Worker, "__init__", "self func_name config code_zip"),
    (lambda_runtime.Worker, "_spawn", "self"),
    (
        lambda_runtime.Worker,
        "_drain_stderr_bounded",
        "self first_line_wait idle_confirm hard_cap",
    ),
    (cloudwatch_logs, "_create_log_group", "data"),
    (cloudwatch_logs, "_create_log_stream", "data"),
    (cloudwatch_logs, "_put_log_events", "data"),
    (lambda_svc, "invoke_async_with_retry", "func event"),
    (lambda_svc, "_execute_function", "func event"),
    (lambda_svc, "_execution_record_for_config", "func config"),
    (lambda_svc, "_route_async_failure", "target_arn func_name event result"),
    (lambda_svc, "_throttle_response", "reason_code msg retry_after"),
    (
        sns,
        "publish_internal",
        "topic_arn message subject message_structure message_attributes message_group_id "
        "message_deduplication_id",
    ),
    (
        sns,
        "_deliver_to_lambda",
        "endpoint envelope topic_arn sub_arn msg_id raw_message message_attributes",
    ),
    (dynamodb, "_update_ttl", "data"),
    (iam_evaluator, "resolve_credential", "access_key_id account_id session_token"),
    (s3, "find_iam_access_key_account", "access_key_id"),
    (
        sigv4,
        "build_canonical_request",
        "method path headers query_params signed_headers payload_hash exclude_query_params",
    ),
    (sigv4, "build_string_to_sign", "amz_date date_stamp region service canonical_request"),
    (sigv4, "calculate_signature", "secret date_stamp region service string_to_sign"),
    (sigv4, "presigned_request_is_expired", "amz_date expires now"),
    (
        s3,
        "handle_request",
        "method path headers body query_params signed_path enforce_bucket_region internal "
        "access_point_region access_point",
    ),
    (eventbridge, "_put_events", "data allow_aws_source"),
    (eventbridge, "_parse_rate_seconds", "expr"),
    (stepfunctions, "_execute_task", "state_def raw_input execution ctx"),
    (stepfunctions, "_invoke_resource", "resource input_data"),
    (stepfunctions, "_fail_execution", "execution error cause"),
    (stepfunctions, "_run_execution", "exec_arn"),
    (stepfunctions, "_find_matching_retrier", "retriers error retry_counts"),
    (stepfunctions, "_add_event", "execution event_type details"),
    (stepfunctions, "_emit_execution_status_event", "execution"),
    (stepfunctions, "now_iso", ""),
    (stepfunctions._ExecutionError, "__init__", "self error cause"),
    (
        cloudwatch,
        "_store_datum",
        "namespace name dims ts unit value values counts stat_values",
    ),
    (cloudwatch, "_calc_stats", "points"),
    (cloudwatch, "_stat_value", "stats stat_name points"),
    (cloudwatch, "_evaluate_parent_alarms", "child seen"),
    (cloudwatch_logs, "_append_log_events", "stream events"),
    (apigateway_v1, "_resolve_api_key", "value"),
    (cloudwatch, "_dims_key", "dims"),
    (cloudwatch, "_evaluate_alarm", "alarm"),
    (cloudwatch, "_record_history", "alarm_name old_state new_state reason alarm_type reason_data"),
    (cloudwatch, "_dispatch_alarm_actions", "alarm old_state new_state reason"),
    (cloudwatch, "cloudformation_put_metric_alarm", "alarm"),
    (cloudwatch, "cloudformation_delete_metric_alarm", "name refuse_dependents"),
]

HANDLERS = {
    "AWS::ApiGateway::RestApi": {"create": 3},
    "AWS::ApiGateway::Method": {"create": 3, "update": 4},
    "AWS::ApiGateway::Stage": {"create": 3, "update": 4},
    "AWS::DynamoDB::Table": {"create": 3, "update": 5},
    "AWS::Lambda::Function": {"create": 3, "update": 5, "delete": 2},
}
"""How many positional arguments ministack passes to the provisioning functions we wrap."""

TABLES: list[tuple[ModuleType, str, type]] = [
    (ministack_app, "_loaded_modules", dict),
    (ministack_app, "SERVICE_REGISTRY", dict),
    (ministack_app, "SERVICE_HANDLERS", dict),
    (router, "SERVICE_PATTERNS", dict),
    (provisioners, "_RESOURCE_HANDLERS", dict),
    (provisioners, "_REPLACING_PROPERTIES", dict),
    (apigateway_v1, "_DEFAULT_GATEWAY_RESPONSE_STATUS_CODES", dict),
    (apigateway_v1, "_rest_apis", responses.AccountRegionScopedDict),
    (apigateway_v1, "_resources", responses.AccountRegionScopedDict),
    (apigateway_v1, "_stages_v1", responses.AccountRegionScopedDict),
    (lambda_svc, "_functions", responses.AccountRegionScopedDict),
    (stepfunctions, "_executions", responses.AccountRegionScopedDict),
    (stepfunctions, "_state_machines", responses.AccountRegionScopedDict),
    (stepfunctions, "_SFN_WAIT_SCALE", float),
    (cloudwatch, "_metrics", responses.AccountRegionScopedDict),
    (cloudwatch, "_alarms", responses.AccountRegionScopedDict),
    (cloudwatch, "_composite_alarms", responses.AccountRegionScopedDict),
    (sqs, "_queues", responses.AccountRegionScopedDict),
]


def parameters(function: Any) -> list[str]:
    """A function's parameters; ministack's own, where another test has wrapped it already."""
    while isinstance(function, partial):
        function = function.args[-1]
    return list(inspect.signature(function).parameters)


def test_installed_version_is_the_pinned_one() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    assert f"ministack=={version('ministack')}" in project["dependency-groups"]["local"]


@pytest.mark.parametrize(
    ("owner", "name", "expected"), SIGNATURES, ids=[name for _, name, _ in SIGNATURES]
)
def test_hooked_function_takes_what_we_pass(owner: object, name: str, expected: str) -> None:
    assert parameters(getattr(owner, name)) == expected.split()


@pytest.mark.parametrize(("owner", "name", "kind"), TABLES, ids=[name for _, name, _ in TABLES])
def test_hooked_table_is_one(owner: ModuleType, name: str, kind: type) -> None:
    assert isinstance(getattr(owner, name), kind)


@pytest.mark.parametrize("kind", HANDLERS)
def test_wrapped_provisioner_takes_what_ministack_passes(kind: str) -> None:
    handlers = provisioners._RESOURCE_HANDLERS[kind]
    for operation, count in HANDLERS[kind].items():
        inspect.signature(handlers[operation]).bind(*range(count))


def test_stderr_wait_is_the_first_default_of_the_drain() -> None:
    first, *_ = lambda_runtime.Worker._drain_stderr_bounded.__defaults__
    assert first == 0.05


def test_servers_event_loop_is_a_name_of_the_application() -> None:
    assert "_MAIN_LOOP" in vars(ministack_app)


def test_rules_are_looked_at_after_a_pause_that_can_be_set() -> None:
    assert eventbridge._SCHEDULER_TICK_INTERVAL == 10
    assert eventbridge._parse_rate_seconds("rate(2 minutes)") == 120


def test_throttled_invocation_is_marked() -> None:
    assert lambda_svc._throttle_response("reason", "text")["throttle"] is True


def test_metric_is_kept_by_namespace_name_and_dimensions() -> None:
    with responses.request_scope("000000000042", "us-east-1"):
        samples = {"SampleCount": 2, "Sum": 4.0, "Minimum": 1.0, "Maximum": 3.0}
        cloudwatch._store_datum("N", "M", {"d": "v"}, 1.0, "None", None, None, None, samples)
        (point,) = cloudwatch._metrics.pop(("N", "M", cloudwatch._dims_key({"d": "v"})))
    assert point["Timestamp"] == 1.0
    assert cloudwatch._calc_stats([point]) == {**samples, "Average": 2.0}


def test_gateway_error_types_that_we_answer_with_exist() -> None:
    ours = {"API_CONFIGURATION_ERROR", "INTEGRATION_FAILURE", "INTEGRATION_TIMEOUT"}
    statuses = apigateway_v1._DEFAULT_GATEWAY_RESPONSE_STATUS_CODES
    assert {*ours, "REQUEST_TOO_LARGE"} <= statuses.keys()


def test_concurrency_of_the_account_is_a_number_of_the_module() -> None:
    assert isinstance(lambda_svc._ACCOUNT_CONCURRENCY_CAP, int)
