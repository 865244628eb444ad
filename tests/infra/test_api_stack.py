"""The API stack: what streams, who may call, and in which order timeouts end a request."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.support.synthesized import Synthesized


def test_files_arrive_byte_for_byte(jobs: Synthesized, bare: Synthesized) -> None:
    assert jobs.api.only("AWS::ApiGateway::RestApi")["BinaryMediaTypes"] == ["multipart/form-data"]
    assert "BinaryMediaTypes" not in bare.api.only("AWS::ApiGateway::RestApi")


@pytest.mark.parametrize("path", ["/v1/chat/completions", "/v1/completions", "/v1/responses"])
def test_what_may_stream_streams(stage: Synthesized, path: str) -> None:
    integration = stage.api.methods()["POST", path]["Integration"]
    assert integration["ResponseTransferMode"] == "STREAM"
    assert integration["Type"] == "AWS_PROXY"
    assert integration["Uri"]["Fn::Join"][1][-1] == "/response-streaming-invocations"


def test_nothing_else_streams(jobs: Synthesized) -> None:
    routes = jobs.api.methods().items()
    streaming = [route for route, m in routes if "ResponseTransferMode" in m["Integration"]]
    retrieves = {("POST", "/rag"), ("POST", "/v1/vector_stores/{id}/search")}
    assert set(streaming) == {
        ("GET", "/v1/responses/{id}"),
        ("POST", "/v1/chat/completions"),
        ("POST", "/v1/completions"),
        ("POST", "/v1/responses"),
    } | (retrieves if "retrieval" in jobs.stacks else set())


def test_api_is_regional(stage: Synthesized) -> None:
    api = stage.api.only("AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["ApiKeySourceType"] == "AUTHORIZER"


def test_timeouts_rise_from_the_model_to_the_gateway(stage: Synthesized) -> None:
    streaming = stage.api.function("run.sh")
    model = float(streaming["Environment"]["Variables"]["TWIN_MODEL_TIMEOUT_SECONDS"])
    gateway = stage.api.methods()["POST", "/v1/chat/completions"]["Integration"]["TimeoutInMillis"]
    assert model < streaming["Timeout"] < gateway / 1000 <= 900


def test_streaming_function_runs_the_web_adapter(stage: Synthesized) -> None:
    streaming = stage.api.function("run.sh")
    (layer,) = streaming["Layers"]
    assert layer["Fn::Join"][1][-1] == ":753240598075:layer:LambdaAdapterLayerArm64:30"
    assert (
        streaming["Environment"]["Variables"]
        | {
            "AWS_LAMBDA_EXEC_WRAPPER": "/opt/bootstrap",
            "AWS_LWA_INVOKE_MODE": "response_stream",
            "AWS_LWA_PORT": "8080",
            "AWS_LWA_READINESS_CHECK_PATH": "/health",
        }
        == (streaming["Environment"]["Variables"])
    )


def test_functions_are_traced_and_have_logs_that_end(stage: Synthesized) -> None:
    for properties in stage.api.properties("AWS::Lambda::Function"):
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
        assert "LogGroup" in properties["LoggingConfig"]
    for properties in stage.api.properties("AWS::Logs::LogGroup"):
        assert properties["RetentionInDays"] > 0


def test_only_the_streaming_function_and_the_probe_may_invoke_endpoints(stage: Synthesized) -> None:
    roles = stage.api.resources("AWS::IAM::Role")
    granted = {
        (role, action.removeprefix("sagemaker:"))
        for role in roles
        for action, _ in stage.api.rights(role)
        if action.startswith("sagemaker:")
    }
    streaming = stage.api.function("run.sh")["Role"]["Fn::GetAtt"][0]
    invoke = ("InvokeEndpointWithResponseStream", "InvokeEndpointAsync")
    probe = stage.api.function("lambda_api.handlers.model_probe.handler")["Role"]["Fn::GetAtt"][0]
    assert granted == {(streaming, action) for action in invoke} | {(probe, "InvokeEndpoint")}


def test_concurrency_is_reserved_where_config_says_so(
    full: Synthesized, stage: Synthesized
) -> None:
    assert full.api.function("run.sh")["ReservedConcurrentExecutions"] == 128
    assert "ReservedConcurrentExecutions" not in stage.api.function("run.sh")


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json"])
def test_what_a_client_needs_before_it_has_a_key_is_open(stage: Synthesized, path: str) -> None:
    method = stage.api.methods()["GET", path]
    assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", False)


def test_versioned_routes_need_a_key_the_authorizer_reads(any_stage: Synthesized) -> None:
    methods = any_stage.api.methods().items()
    closed = [m for (verb, path), m in methods if path.startswith("/v1/") or verb == "ANY"]
    assert {(m["AuthorizationType"], m["ApiKeyRequired"]) for m in closed} == {("CUSTOM", True)}
    authorizer = any_stage.api.only("AWS::ApiGateway::Authorizer")
    assert authorizer["Type"] == "REQUEST"
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert "Environment" not in any_stage.api.function("lambda_api.handlers.authorizer.handler")


def test_usage_plan_holds_the_rate_and_the_key(prod: Synthesized) -> None:
    plan = prod.api.only("AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 10, "BurstLimit": 20}
    assert prod.api.only("AWS::ApiGateway::UsagePlanKey")["KeyType"] == "API_KEY"
    assert "Value" not in prod.api.only("AWS::ApiGateway::ApiKey")


def test_quota_is_per_day(synthesize: Callable[..., Synthesized]) -> None:
    plan = synthesize("prod", api={"quota_per_day": 7}).api.only("AWS::ApiGateway::UsagePlan")
    assert plan["Quota"] == {"Limit": 7, "Period": "DAY"}


def test_iam_auth_replaces_keys(synthesize: Callable[..., Synthesized]) -> None:
    signed = synthesize("prod", api={"auth": "iam", "iam_owner": "session"})
    chat = signed.api.methods()["POST", "/v1/chat/completions"]
    assert (chat["AuthorizationType"], chat["ApiKeyRequired"]) == ("AWS_IAM", False)
    for kind in ("Authorizer", "UsagePlan", "ApiKey"):
        assert signed.api.properties(f"AWS::ApiGateway::{kind}") == []
    assert "ApiKeyId" not in signed.api.outputs
    assert signed.api.environment("run.sh")["TWIN_CALLER_IDENTITY"] == "session"


def test_stage_throttles_traces_and_logs_the_stream(prod: Synthesized) -> None:
    live = prod.api.only("AWS::ApiGateway::Stage")
    assert (live["StageName"], live["TracingEnabled"]) == ("live", True)
    (settings,) = live["MethodSettings"]
    assert (settings["ThrottlingRateLimit"], settings["ThrottlingBurstLimit"]) == (20, 40)
    entry = json.loads(live["AccessLogSetting"]["Format"])
    assert {
        "$context.requestId",
        "$context.status",
        "$context.integration.responseTransferMode",
        "$context.integration.timeToFirstContent",
        "$context.integration.latency",
    } <= set(entry.values())


def test_gateway_errors_have_openais_shape(stage: Synthesized) -> None:
    responses = {
        r["ResponseType"]: r for r in stage.api.properties("AWS::ApiGateway::GatewayResponse")
    }
    for response in responses.values():
        template = response["ResponseTemplates"]["application/json"]
        body = json.loads(template.replace("$context.error.messageString", '"text"'))
        assert set(body["error"]) == {"message", "type", "param", "code"}
        assert body["error"]["message"]
        assert "ResponseParameters" not in response or not [
            name for name in response["ResponseParameters"] if "Access-Control" in name
        ]
    assert responses["INVALID_API_KEY"]["StatusCode"] == "401"
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"
    assert responses["INTEGRATION_FAILURE"]["StatusCode"] == "503"
    for kind in ("THROTTLED", "QUOTA_EXCEEDED", "INTEGRATION_FAILURE"):
        assert "gatewayresponse.header.Retry-After" in responses[kind]["ResponseParameters"]


def test_a_throttled_caller_is_told_its_own_limit(
    prod: Synthesized, synthesize: Callable[..., Synthesized]
) -> None:
    signed = synthesize("prod", api={"auth": "iam", "iam_owner": "role"})
    for stage, burst in ((prod, "20"), (signed, "40")):
        (throttled,) = [
            response["ResponseParameters"]
            for response in stage.api.properties("AWS::ApiGateway::GatewayResponse")
            if response["ResponseType"] == "THROTTLED"
        ]
        told = {name.rpartition(".")[2]: value for name, value in throttled.items()}
        assert told == {
            "Retry-After": "'1'",
            "x-ratelimit-limit-requests": f"'{burst}'",
            "x-ratelimit-remaining-requests": "'0'",
            "x-ratelimit-reset-requests": "'2s'",
        }


def test_outputs_are_the_url_and_the_key(stage: Synthesized) -> None:
    assert set(stage.api.outputs) == {"ApiUrl", "ApiKeyId"}
    assert stage.api.outputs["ApiUrl"]["Value"]["Fn::Join"][1][-1] == "/"


@pytest.mark.parametrize(
    ("origins", "told"),
    [
        (["https://a.example"], "'https://a.example'"),
        (["*"], "'*'"),
        (["https://a.example", "https://b.example"], "method.request.header.Origin"),
    ],
)
def test_a_page_that_may_call_may_read_the_gateways_errors(
    synthesize: Callable[..., Synthesized], origins: list[str], told: str
) -> None:
    api = synthesize("prod", api={"cors_origins": origins}).api
    for response in api.properties("AWS::ApiGateway::GatewayResponse"):
        headers = response["ResponseParameters"]
        assert headers["gatewayresponse.header.Access-Control-Allow-Origin"] == told
    for handler in ("run.sh", "lambda_api.handlers.control.handler"):
        assert json.loads(api.environment(handler)["TWIN_CORS_ORIGINS"]) == origins


def test_a_preflight_needs_no_key(any_stage: Synthesized) -> None:
    method = any_stage.api.methods()["OPTIONS", "/{proxy+}"]
    assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", False)


def test_a_request_without_a_signature_is_told_so(synthesize: Callable[..., Synthesized]) -> None:
    responses = {
        r["ResponseType"]: r
        for r in synthesize("prod", api={"auth": "iam", "iam_owner": "role"}).api.properties(
            "AWS::ApiGateway::GatewayResponse"
        )
    }
    unsigned = responses["MISSING_AUTHENTICATION_TOKEN"]
    assert unsigned["StatusCode"] == "401"
    assert "Signature Version 4" in unsigned["ResponseTemplates"]["application/json"]
