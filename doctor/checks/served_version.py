"""The check of the version that a stage with a registry serves, by the parameter that names it."""

from __future__ import annotations

from collections.abc import Iterator

from doctor.findings import Finding, failure, ok, warning
from doctor.surroundings import Surroundings
from lambda_api.aws.lifecycle.cloudformation import CloudFormationStacks
from lambda_api.aws.lifecycle.model_registry import ModelRegistry
from lambda_api.aws.lifecycle.ssm_parameter import SsmParameter
from lambda_api.rollouts.schemas import ServedVersion
from stacks.config import StageConfig


def look(around: Surroundings, config: StageConfig) -> Iterator[Finding]:
    """Compare the parameter with the registry, and the version with the deployed stacks."""
    if not config.model.registry:
        return
    name, group = config.version_parameter, config.model_registry.group or ""
    value = SsmParameter(around.client("ssm"), name).get()
    if value is None:
        yield _nothing_served(config)
        return
    remedy = f"twin model rollback --stage {config.stage} --to VERSION"
    served = ServedVersion.parse(value)
    if served is None:
        yield failure(f"{name}: got {value[:200]!r}; must be written by a rollout", remedy)
        return
    known = _registry(around, config).describe(served.package)
    if known is None or known.served != served:
        told = f"must be a version of group {group}, with its own digest, in the registry's bucket"
        yield failure(f"{name}: got {value[:200]!r}; {told}", remedy)
        return
    yield _change_of_type(around, config, served) or ok(f"version {served.number} of {group}")


def _nothing_served(config: StageConfig) -> Finding:
    told = f"{config.version_parameter}: names no version yet"
    if config.model_registry.approve_first:
        return ok(f"{told}; {config.model.artifacts} becomes the first")
    stage = f"--stage {config.stage}"
    return warning(
        told,
        f"`twin deploy {stage}` deploys the registry; then twin model push DIR {stage}, register "
        "and approve, and deploy again",
    )


def _registry(around: Surroundings, config: StageConfig) -> ModelRegistry:
    account = around.client("sts").get_caller_identity()["Account"]
    owner = config.model_registry.account or account
    partition = around.session.get_partition_for_region(around.region)
    group = f"model-package-group/{config.model_registry.group}"
    return ModelRegistry(
        around.client("sagemaker"),
        around.client("s3"),
        group=f"arn:{partition}:sagemaker:{around.region}:{owner}:{group}",
        bucket=config.registry_bucket(account, around.region),
    )


def _change_of_type(
    around: Surroundings, config: StageConfig, served: ServedVersion
) -> Finding | None:
    """Return what is wrong with a deployment that changes version and instance type at once.

    Guardrails need the variant to stay: docs/decisions/0183-the-type-is-deployed-first.md
    """
    stacks = CloudFormationStacks(around.client("cloudformation"))
    serving = stacks.describe(config.model_stacks[0])
    outputs = serving.outputs if serving is not None else {}
    variant, deployed = outputs.get("VariantName"), outputs.get("ModelPackage", served.package)
    if variant in (None, config.endpoint.variant_name) or deployed == served.package:
        return None
    before, stage = deployed.rpartition("/")[2], f"--stage {config.stage}"
    return failure(
        f"realtime.instance_type: got {config.endpoint.instance_type}, while {variant} serves "
        f"version {before} and version {served.number} is to come: no alarm would watch it",
        f"deploy the type first: twin model rollback {stage} --to {before}, then twin deploy "
        f"{stage}, then twin model rollout {stage} --version {served.number}",
    )
