"""A REST API like the one of our stacks: streamed and buffered methods, authorizer, usage plan."""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.localcloud.cloud import ROLE, Cloud, package

LAYER = "arn:aws:lambda:us-east-1:753240598075:layer:LambdaAdapterLayerArm64:30"
KEY = "sk-local-0123456789abcdef0123"
OTHER_KEY = "sk-local-limited-0123456789ab"
OPENAI_ERROR = (
    '{"error":{"message":$context.error.messageString,"request_id":"$context.requestId"}}'
)
ACCESS_LOG = (
    "requestId",
    "status",
    "path",
    "error.responseType",
    "identity.apiKeyId",
    "integration.responseTransferMode",
    "integration.timeToAllHeaders",
    "integration.timeToFirstContent",
    "responseLength",
    "responseLatency",
)

AUTHORIZER = """
import os
calls = 0
def handler(event, context):
    global calls
    calls += 1
    key = event["headers"]["authorization"].removeprefix("Bearer ")
    print("authorizing", calls)
    effect = "Deny" if key == "denied" else "Allow"
    return {"principalId": "client", "usageIdentifierKey": key, "context": {"calls": calls},
            "policyDocument": {"Version": "2012-10-17", "Statement": [
                {"Action": "execute-api:Invoke", "Effect": effect, "Resource": "*"}]}}
"""
CONTROL = """
import json, os, sys, time
try:
    import pydantic
except ImportError:
    pydantic = None
def handler(event, context):
    if event["path"] == "/v1/fail":
        raise RuntimeError("secret detail")
    if event["path"] == "/v1/wait":
        time.sleep(2)
    return {"statusCode": 200, "headers": {"content-type": "application/json"}, "body": json.dumps(
        {"event": event, "pydantic": pydantic is not None, "environment": dict(os.environ),
         "executable": sys.executable})}
"""


@dataclass(frozen=True)
class Api:
    url: str
    id: str
    stack: str
    functions: dict[str, str]


def deploy(
    cloud: Cloud,
    *,
    reserved: int | None = None,
    timeout_ms: int = 29000,
    timeout: int = 20,
    wrapper: str = "/opt/bootstrap",
    change: Callable[[dict[str, Any]], None] = lambda _resources: None,
) -> Api:
    """Deploy the stack, its resources changed; each has names of its own."""
    name = f"api-{uuid.uuid4().hex[:8]}"
    bucket = f"code-{name}"
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket=bucket)
    packages = {
        "stream": code(),
        "control": package({"control.py": CONTROL}),
        "authorizer": package({"authorizer.py": AUTHORIZER}),
    }
    for key, content in packages.items():
        s3.put_object(Bucket=bucket, Key=key, Body=content)
    template = _template(bucket, name, reserved, timeout_ms, timeout, wrapper)
    change(template["Resources"])
    cloudformation = cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName=name,
        TemplateBody=json.dumps(template),
        Capabilities=["CAPABILITY_NAMED_IAM"],
    )
    cloudformation.get_waiter("stack_create_complete").wait(
        StackName=name, WaiterConfig={"Delay": 0.1, "MaxAttempts": 1200}
    )
    stack = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}
    url = cloud.url(f"/_aws/execute-api/{outputs['Api']}/live")
    functions = {role: outputs[role.title()] for role in packages}
    return Api(url=url, id=outputs["Api"], stack=name, functions=functions)


def code(more: dict[str, str] | None = None) -> bytes:
    """The streaming function's package."""
    server = Path(__file__).with_name("stream_server.py").read_text()
    return package({"run.sh": RUN, "server.py": server, **(more or {})})


RUN = "#!/bin/sh\necho starting\nexec python -m server\n"


def _template(
    bucket: str, name: str, reserved: int | None, timeout_ms: int, timeout: int, wrapper: str
) -> dict[str, Any]:
    resources = {
        **{f"{name}Permission": _permission(name) for name in ("Stream", "Control", "Authorizer")},
        "Stream": _function(
            bucket,
            "stream",
            "run.sh",
            Timeout=timeout,
            Layers=[LAYER],
            Environment={
                "Variables": {
                    "AWS_LAMBDA_EXEC_WRAPPER": wrapper,
                    "AWS_LWA_INVOKE_MODE": "response_stream",
                    "AWS_LWA_PORT": "8080",
                    "AWS_LWA_READINESS_CHECK_PATH": "/health",
                    "COLOUR": "green",
                }
            },
            **({} if reserved is None else {"ReservedConcurrentExecutions": reserved}),
        ),
        "Control": _function(bucket, "control", "control.handler"),
        "Authorizer": _function(bucket, "authorizer", "authorizer.handler"),
        "Api": _resource(
            "AWS::ApiGateway::RestApi",
            Name=name,
            ApiKeySourceType="AUTHORIZER",
            EndpointConfiguration={"Types": ["REGIONAL"]},
        ),
        "KeyAuthorizer": _resource(
            "AWS::ApiGateway::Authorizer",
            Name="key",
            Type="REQUEST",
            RestApiId=_ref("Api"),
            IdentitySource="method.request.header.Authorization",
            AuthorizerResultTtlInSeconds=60,
            AuthorizerUri=_uri("Authorizer", "2015-03-31", "invocations"),
        ),
        "V1": _path(_attribute("Api", "RootResourceId"), "v1"),
        "Any": _path(_ref("V1"), "{proxy+}"),
        "Buffered": _path(_ref("V1"), "buffered"),
        "Fail": _path(_ref("V1"), "fail"),
        "Wait": _path(_ref("V1"), "wait"),
        "AnyMethod": _method("Any", "ANY", "Stream", stream=True, timeout_ms=timeout_ms),
        "BufferedMethod": _method("Buffered", "GET", "Control"),
        "FailMethod": _method("Fail", "GET", "Control"),
        "WaitMethod": _method("Wait", "GET", "Control", timeout_ms=500),
        "Deployment": {
            **_resource("AWS::ApiGateway::Deployment", RestApiId=_ref("Api")),
            "DependsOn": ["AnyMethod", "BufferedMethod", *_gateway_responses()],
        },
        "Live": _resource(
            "AWS::ApiGateway::Stage",
            RestApiId=_ref("Api"),
            DeploymentId=_ref("Deployment"),
            StageName="live",
            TracingEnabled=True,
            AccessLogSetting={
                "DestinationArn": _attribute("AccessLog", "Arn"),
                "Format": json.dumps({name: f"$context.{name}" for name in ACCESS_LOG}),
            },
        ),
        "AccessLog": _resource("AWS::Logs::LogGroup", LogGroupName=f"access-{name}"),
        **_gateway_responses(),
        **_usage_plan("Plan", "Key", f"{KEY}-{name}", {"RateLimit": 1000, "BurstLimit": 1000}),
        **_usage_plan("Few", "FewKey", f"{OTHER_KEY}-{name}", {"RateLimit": 0.01, "BurstLimit": 2}),
    }
    outputs = {name: {"Value": _ref(name)} for name in ("Api", "Stream", "Control", "Authorizer")}
    return {"Resources": resources, "Outputs": outputs}


def key(api: Api) -> str:
    return f"{KEY}-{api.stack}"


def limited_key(api: Api) -> str:
    return f"{OTHER_KEY}-{api.stack}"


def _resource(kind: str, **properties: Any) -> dict[str, Any]:
    return {"Type": kind, "Properties": properties}


def _ref(name: str) -> dict[str, str]:
    return {"Ref": name}


def _attribute(name: str, attribute: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, attribute]}


def _function(bucket: str, package_key: str, handler: str, **more: Any) -> dict[str, Any]:
    return _resource(
        "AWS::Lambda::Function",
        Code={"S3Bucket": bucket, "S3Key": package_key},
        Handler=handler,
        Runtime="python3.13",
        Architectures=["arm64"],
        TracingConfig={"Mode": "Active"},
        MemorySize=1024,
        Role=ROLE,
        **{"Timeout": 20, **more},
    )


def _permission(function: str) -> dict[str, Any]:
    return _resource(
        "AWS::Lambda::Permission",
        Action="lambda:InvokeFunction",
        FunctionName=_ref(function),
        Principal="apigateway.amazonaws.com",
    )


def _uri(function: str, version: str, suffix: str) -> dict[str, Any]:
    return {
        "Fn::Join": [
            "",
            [
                f"arn:aws:apigateway:us-east-1:lambda:path/{version}/functions/",
                _attribute(function, "Arn"),
                f"/{suffix}",
            ],
        ]
    }


def _path(parent: Any, part: str) -> dict[str, Any]:
    return _resource(
        "AWS::ApiGateway::Resource", RestApiId=_ref("Api"), ParentId=parent, PathPart=part
    )


def _method(
    path: str, verb: str, function: str, *, stream: bool = False, timeout_ms: int = 29000
) -> dict[str, Any]:
    uri = (
        _uri(function, "2021-11-15", "response-streaming-invocations")
        if stream
        else _uri(function, "2015-03-31", "invocations")
    )
    return _resource(
        "AWS::ApiGateway::Method",
        RestApiId=_ref("Api"),
        ResourceId=_ref(path),
        HttpMethod=verb,
        AuthorizationType="CUSTOM",
        AuthorizerId=_ref("KeyAuthorizer"),
        ApiKeyRequired=True,
        Integration={
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": uri,
            "TimeoutInMillis": timeout_ms,
            **({"ResponseTransferMode": "STREAM"} if stream else {}),
        },
    )


def _gateway_responses() -> dict[str, Any]:
    return {
        f"Response{kind.replace('_', '')}": _resource(
            "AWS::ApiGateway::GatewayResponse",
            RestApiId=_ref("Api"),
            ResponseType=kind,
            ResponseParameters={
                "gatewayresponse.header.Retry-After": "'7'",
                "gatewayresponse.header.X-Kind": f"'{kind}'",
            },
            ResponseTemplates={"application/json": OPENAI_ERROR},
            **({"StatusCode": "404"} if kind == "MISSING_AUTHENTICATION_TOKEN" else {}),
        )
        for kind in ("MISSING_AUTHENTICATION_TOKEN", "THROTTLED", "DEFAULT_4XX", "DEFAULT_5XX")
    }


def _usage_plan(plan: str, name: str, value: str, throttle: dict[str, float]) -> dict[str, Any]:
    return {
        plan: {
            **_resource(
                "AWS::ApiGateway::UsagePlan",
                ApiStages=[{"ApiId": _ref("Api"), "Stage": _ref("Live")}],
                Throttle=throttle,
            )
        },
        name: _resource("AWS::ApiGateway::ApiKey", Enabled=True, Value=value),
        f"{name}Of{plan}": _resource(
            "AWS::ApiGateway::UsagePlanKey",
            KeyId=_ref(name),
            KeyType="API_KEY",
            UsagePlanId=_ref(plan),
        ),
    }
