"""Access by API key, sent the way every OpenAI client sends it: `Authorization: Bearer KEY`."""

from __future__ import annotations

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigw
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from stacks.config import ApiConfig
from stacks.constructs.api.method_access import MethodAccess


class KeyAccess(Construct):
    """An authorizer that hands the bearer key to a usage plan, which decides about it.

    Attributes:
        method: the access that methods ask for.
        key_id: id of the first client's key; more keys can be added to the plan.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, authorizer: lambda_.IFunction
    ) -> None:
        super().__init__(scope, construct_id)
        self.method = MethodAccess(
            authorization=apigw.AuthorizationType.CUSTOM,
            authorizer=apigw.RequestAuthorizer(
                self,
                "Authorizer",
                handler=authorizer,
                # No header, no call: API Gateway answers 401 by itself.
                identity_sources=[apigw.IdentitySource.header("Authorization")],
                results_cache_ttl=Duration.minutes(5),
            ),
            needs_key=True,
        )
        self._key = apigw.ApiKey(self, "Key")
        self.key_id = self._key.key_id

    def enforce(self, api: apigw.RestApi, config: ApiConfig) -> None:
        """Let only keys of the usage plan in, at the config's rate and within the quota."""
        quota = config.quota_per_day
        plan = apigw.UsagePlan(
            self,
            "Plan",
            api_stages=[apigw.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)],
            throttle=apigw.ThrottleSettings(
                rate_limit=config.key_rate, burst_limit=config.key_burst
            ),
            quota=apigw.QuotaSettings(limit=quota, period=apigw.Period.DAY) if quota else None,
        )
        plan.add_api_key(self._key)
