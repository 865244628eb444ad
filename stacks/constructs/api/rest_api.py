"""The OpenAI-compatible REST API: which route reaches which function, and who may call it."""

from __future__ import annotations

import json
from collections.abc import Collection

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.checks import acknowledge
from stacks.config import ApiConfig
from stacks.constructs.api.gateway_errors import shape_errors
from stacks.constructs.api.method_access import OPEN, MethodAccess
from stacks.constructs.api.routes import OptionalSection, Route, routes_with
from stacks.constructs.function.environment import ROOT_PATH
from stacks.constructs.shared.retained_logs import RetainedLogs

STAGE = ROOT_PATH.strip("/")
_PUSH_TO_LOGS = (
    "AwsSolutions-IAM4[Policy::arn:<AWS::Partition>:iam::aws:policy/"
    "service-role/AmazonAPIGatewayPushToCloudWatchLogs]"
)
# https://docs.aws.amazon.com/apigateway/latest/developerguide/response-streaming.html
_ACCESS_LOG = {
    "requestId": "$context.requestId",
    "time": "$context.requestTimeEpoch",
    "method": "$context.httpMethod",
    "path": "$context.path",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "latencyMs": "$context.responseLatency",
    "responseBytes": "$context.responseLength",
    "transferMode": "$context.integration.responseTransferMode",
    "timeToAllHeadersMs": "$context.integration.timeToAllHeaders",
    "timeToFirstContentMs": "$context.integration.timeToFirstContent",
    "integrationLatencyMs": "$context.integration.latency",
    "apiKeyId": "$context.identity.apiKeyId",
    "sourceIp": "$context.identity.sourceIp",
    "userAgent": "$context.identity.userAgent",
    "traceId": "$context.xrayTraceId",
}


class RestApi(Construct):
    """A regional REST API whose answers may stream. Edge endpoints cut streams idle for 30 s.

    What a stage leaves out goes to the control function, which says that it is not there.

    Attributes:
        rest: the REST API.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        config: ApiConfig,
        streaming: lambda_.IFunction,
        control: lambda_.IFunction,
        access: MethodAccess,
        sections: Collection[OptionalSection],
    ) -> None:
        super().__init__(scope, construct_id)
        self.rest = apigw.RestApi(
            self,
            "Rest",
            rest_api_name=name,
            endpoint_types=[apigw.EndpointType.REGIONAL],
            api_key_source_type=apigw.ApiKeySourceType.AUTHORIZER if access.needs_key else None,
            # Access logs need it, and a fresh account has none. It is one per account and region.
            cloud_watch_role=True,
            cloud_watch_role_removal_policy=RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
            # A file arrives as a form, whose bytes API Gateway would otherwise read as text.
            binary_media_types=["multipart/form-data"] if "batch" in sections else None,
            deploy_options=self._stage(config),
        )
        self.rest.node.try_remove_child("Endpoint")  # its output; the stack has one of its own
        integrations = {
            "control": apigw.LambdaIntegration(control, scope_permission_to_method=False),
            "streaming": apigw.LambdaIntegration(
                streaming,
                response_transfer_mode=apigw.ResponseTransferMode.STREAM,
                timeout=Duration.seconds(config.gateway_timeout_seconds),
                scope_permission_to_method=False,
            ),
        }
        for route in routes_with(sections):
            self._add(route, integrations[route.function], OPEN if route.is_open else access)
        self._hold_permissions_to_the_stage()
        shape_errors(self.rest, config)
        self._acknowledge()

    def _stage(self, config: ApiConfig) -> apigw.StageOptions:
        logs = RetainedLogs(self, "AccessLog", days=config.log_retention_days)
        return apigw.StageOptions(
            stage_name=STAGE,
            throttling_rate_limit=config.throttle_rate,
            throttling_burst_limit=config.throttle_burst,
            tracing_enabled=True,
            metrics_enabled=True,
            access_log_destination=apigw.LogGroupLogDestination(logs),
            access_log_format=apigw.AccessLogFormat.custom(json.dumps(_ACCESS_LOG)),
        )

    def _add(self, route: Route, integration: apigw.Integration, access: MethodAccess) -> None:
        added = self.rest.root.resource_for_path(route.path).add_method(
            route.method,
            integration,
            authorization_type=access.authorization,
            authorizer=access.authorizer,
            api_key_required=access.needs_key,
        )
        if access is OPEN:
            reason = "what a client asks before it has a key; it says nothing about the account"
            acknowledge(added, "AwsSolutions-APIG4", reason)

    def _hold_permissions_to_the_stage(self) -> None:
        """Let the deployed stage alone call the functions, and not the console's test of a method.

        A function has one permission for all its methods: its policy takes 20,480 bytes, nearly
        filled by forty permissions of one method each.
        https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html
        """
        for construct in self.rest.node.find_all():
            if isinstance(construct, lambda_.CfnPermission):
                construct.source_arn = self.rest.arn_for_execute_api("*", "/*", STAGE)

    def _acknowledge(self) -> None:
        reasons = {
            "AwsSolutions-APIG2": "the app validates, and answers in OpenAI's error shape",
            "AwsSolutions-APIG3": "a web ACL is the account's choice; keys and throttling are ours",
            "AwsSolutions-APIG6": "the access log has every request; execution logs hold prompts",
            _PUSH_TO_LOGS: "AWS's own policy for API Gateway's one role per account",
            "AwsSolutions-COG4": "clients are programs with keys or IAM roles, not Cognito users",
        }
        for rule, reason in reasons.items():
            acknowledge(self, rule, reason)
