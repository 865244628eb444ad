"""The API stack: what streams, who may call, and in which order timeouts end a request."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from synthesized import Synthesized


def methods(stage: Synthesized) -> dict[tuple[str, str], dict[str, Any]]:
    """(verb, path) -> the method's properties."""
    resources = {
        name: resource["Properties"]
        for name, resource in stage.api["Resources"].items()
        if resource["Type"] == "AWS::ApiGateway::Resource"
    }

    def path(resource: dict[str, Any]) -> str:
        if "Ref" not in resource:
            return ""
        properties = resources[resource["Ref"]]
        return f"{path(properties['ParentId'])}/{properties['PathPart']}"

    return {
        (method["HttpMethod"], path(method["ResourceId"])): method
        for method in stage.properties("AWS::ApiGateway::Method")
    }


def function(stage: Synthesized, handler: str) -> dict[str, Any]:
    (found,) = [f for f in stage.properties("AWS::Lambda::Function") if f["Handler"] == handler]
    return found


def test_routes_are_the_ones_the_app_serves(stage: Synthesized) -> None:
    assert set(methods(stage)) == {
        ("POST", "/v1/chat/completions"),
        ("GET", "/v1/models"),
        ("GET", "/health"),
        ("GET", "/docs"),
        ("GET", "/openapi.json"),
    }


def test_chat_streams(stage: Synthesized) -> None:
    integration = methods(stage)["POST", "/v1/chat/completions"]["Integration"]
    assert integration["ResponseTransferMode"] == "STREAM"
    assert integration["Type"] == "AWS_PROXY"
    assert integration["Uri"]["Fn::Join"][1][-1] == "/response-streaming-invocations"


def test_only_chat_streams(stage: Synthesized) -> None:
    streaming = [m for m in methods(stage).values() if "ResponseTransferMode" in m["Integration"]]
    assert len(streaming) == 1


def test_api_is_regional(stage: Synthesized) -> None:
    api = stage.only("AWS::ApiGateway::RestApi")
    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["ApiKeySourceType"] == "AUTHORIZER"


def test_timeouts_rise_from_the_model_to_the_gateway(stage: Synthesized) -> None:
    streaming = function(stage, "run.sh")
    model = float(streaming["Environment"]["Variables"]["TWIN_MODEL_TIMEOUT_SECONDS"])
    gateway = methods(stage)["POST", "/v1/chat/completions"]["Integration"]["TimeoutInMillis"]
    assert model < streaming["Timeout"] < gateway / 1000 <= 900


def test_streaming_function_runs_the_web_adapter(stage: Synthesized) -> None:
    streaming = function(stage, "run.sh")
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
    for properties in stage.properties("AWS::Lambda::Function"):
        assert properties["TracingConfig"] == {"Mode": "Active"}
        assert (properties["Runtime"], properties["Architectures"]) == ("python3.13", ["arm64"])
        assert "LogGroup" in properties["LoggingConfig"]
    for properties in stage.properties("AWS::Logs::LogGroup"):
        assert properties["RetentionInDays"] > 0


def test_only_the_streaming_function_may_invoke_the_endpoint(stage: Synthesized) -> None:
    granted = [
        (policy["Roles"], statement["Action"])
        for policy in stage.properties("AWS::IAM::Policy")
        for statement in policy["PolicyDocument"]["Statement"]
        if "sagemaker" in json.dumps(statement["Action"])
    ]
    role = function(stage, "run.sh")["Role"]["Fn::GetAtt"][0]
    invoke = ["sagemaker:InvokeEndpoint", "sagemaker:InvokeEndpointWithResponseStream"]
    assert granted == [([{"Ref": role}], invoke)]


def test_concurrency_is_reserved_as_config_says(local: Synthesized, prod: Synthesized) -> None:
    assert function(prod, "run.sh")["ReservedConcurrentExecutions"] == 128
    assert "ReservedConcurrentExecutions" not in function(local, "run.sh")


@pytest.mark.parametrize("path", ["/health", "/docs", "/openapi.json"])
def test_what_a_client_needs_before_it_has_a_key_is_open(stage: Synthesized, path: str) -> None:
    method = methods(stage)["GET", path]
    assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", False)


def test_versioned_routes_need_a_key_the_authorizer_reads(stage: Synthesized) -> None:
    closed = [m for (_, path), m in methods(stage).items() if path.startswith("/v1/")]
    assert {(m["AuthorizationType"], m["ApiKeyRequired"]) for m in closed} == {("CUSTOM", True)}
    authorizer = stage.only("AWS::ApiGateway::Authorizer")
    assert authorizer["Type"] == "REQUEST"
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert "Environment" not in function(stage, "lambda_api.authorizer.handler")


def test_usage_plan_holds_the_rate_and_the_key(prod: Synthesized) -> None:
    plan = prod.only("AWS::ApiGateway::UsagePlan")
    assert plan["Throttle"] == {"RateLimit": 20, "BurstLimit": 40}
    assert prod.only("AWS::ApiGateway::UsagePlanKey")["KeyType"] == "API_KEY"
    assert "Value" not in prod.only("AWS::ApiGateway::ApiKey")


def test_quota_is_per_day(synthesize: Callable[..., Synthesized]) -> None:
    plan = synthesize("prod", api={"quota_per_day": 7}).only("AWS::ApiGateway::UsagePlan")
    assert plan["Quota"] == {"Limit": 7, "Period": "DAY"}


def test_iam_auth_replaces_keys(synthesize: Callable[..., Synthesized]) -> None:
    signed = synthesize("prod", api={"auth": "iam"})
    chat = methods(signed)["POST", "/v1/chat/completions"]
    assert (chat["AuthorizationType"], chat["ApiKeyRequired"]) == ("AWS_IAM", False)
    for kind in ("Authorizer", "UsagePlan", "ApiKey"):
        assert signed.properties(f"AWS::ApiGateway::{kind}") == []
    assert "ApiKeyId" not in signed.api["Outputs"]


def test_stage_throttles_traces_and_logs_the_stream(prod: Synthesized) -> None:
    live = prod.only("AWS::ApiGateway::Stage")
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
    responses = {r["ResponseType"]: r for r in stage.properties("AWS::ApiGateway::GatewayResponse")}
    for response in responses.values():
        template = response["ResponseTemplates"]["application/json"]
        body = json.loads(template.replace("$context.error.messageString", '"text"'))
        assert set(body["error"]) == {"message", "type", "param", "code"}
        assert body["error"]["message"] == "text"
    assert responses["INVALID_API_KEY"]["StatusCode"] == "401"
    assert responses["MISSING_AUTHENTICATION_TOKEN"]["StatusCode"] == "404"
    for kind in ("THROTTLED", "QUOTA_EXCEEDED"):
        assert "gatewayresponse.header.Retry-After" in responses[kind]["ResponseParameters"]


def test_outputs_are_the_url_and_the_key(stage: Synthesized) -> None:
    assert set(stage.api["Outputs"]) == {"ApiUrl", "ApiKeyId"}
    assert stage.api["Outputs"]["ApiUrl"]["Value"]["Fn::Join"][1][-1] == "/"
