"""A shadow variant: another version on instances of its own, which gets copies of requests.

docs/decisions/0200-a-shadow-is-a-second-parameter.md
"""

from __future__ import annotations

from typing import Any, Self

from aws_cdk import Aws, CfnCondition, Fn, IResolvable, Stack
from constructs import Construct

from stacks.config import StageConfig
from stacks.constructs.model.hosted_model import HostedModel
from stacks.constructs.model.registered_weights import RegisteredWeights, version_parameter
from stacks.constructs.model.weights import prefix_container

PARAMETER = "ShadowVersion"
"""Name of the template's parameter: a version as the model's parameter names it, and its share."""

_TOLD = (
    "The version that shadows, and its share of the requests; none,none,none,0 for none. Where it "
    "is missing, `twin deploy` writes it: docs/model-lifecycle.md"
)


class ShadowVariant(Construct):
    """A variant that is there while the stage's shadow parameter gives it a share of the requests.

    Attributes:
        variants: property of the endpoint's config.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        config: StageConfig,
        source: str,
        count: int,
        model: HostedModel,
    ) -> None:
        super().__init__(scope, construct_id)
        stack = Stack.of(self)
        parameter = version_parameter(stack, PARAMETER, source, _TOLD)
        package, uri, share = (Fn.select(place, parameter.value_as_list) for place in (0, 1, 3))
        self._is_there = CfnCondition(
            self,
            "IsThere",
            expression=Fn.condition_not(Fn.condition_equals(share, "0")),
        )
        weights = RegisteredWeights(
            bucket=config.registry_bucket(Aws.ACCOUNT_ID, Aws.REGION),
            package=package,
            container=prefix_container(uri),
        )
        shadow = model.shadowed_by(weights)
        shadow.cfn_options.condition = self._is_there
        variant = _variant(config, model, shadow.attr_model_name, count, share)
        self.variants = self.if_there([variant], Aws.NO_VALUE)

    @classmethod
    def of(
        cls, scope: Construct, construct_id: str, *, config: StageConfig, model: HostedModel
    ) -> Self | None:
        """Return the variant of a stage; none where it has no instances for one."""
        given, source = config.endpoint.shadow, config.shadow_parameter
        if given is None or source is None:
            return None
        return cls(
            scope,
            construct_id,
            config=config,
            source=source,
            count=given.instance_count,
            model=model,
        )

    def if_there(self, value: Any, otherwise: Any) -> IResolvable:  # noqa: ANN401 - CDK's own props
        """Return a value that holds while the variant is there, and otherwise another."""
        found: IResolvable = Fn.condition_if(self._is_there.logical_id, value, otherwise)
        return found


def _variant(
    config: StageConfig, model: HostedModel, name: str, count: int, share: str
) -> dict[str, Any]:
    """Describe the variant; its weight is a share of the production variant's, which is 1."""
    hosts = config.endpoint
    types = [
        {"InstanceType": type_, "Priority": priority}
        for priority, type_ in enumerate(hosts.instance_types, start=1)
    ]
    optional = {"VolumeSizeInGB": hosts.volume_gb, "InferenceAmiVersion": model.ami}
    return {
        "VariantName": "shadow",
        "ModelName": name,
        **({"InstancePools": types} if len(types) > 1 else {"InstanceType": hosts.instance_type}),
        "InitialInstanceCount": count,
        "InitialVariantWeight": share,
        "ContainerStartupHealthCheckTimeoutInSeconds": hosts.health_check_timeout_seconds,
        "ModelDataDownloadTimeoutInSeconds": hosts.download_timeout_seconds,
        **{key: value for key, value in optional.items() if value is not None},
    }
