"""Operations on what only needs to be remembered: models, endpoint configurations and tags."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from localcloud.awsjson.service import Operation, Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.awsjson.timestamps import now
from localcloud.ministack_hooks.iam import trusts
from localcloud.sagemaker.control_plane.package_lookup import approved_container
from localcloud.sagemaker.control_plane.store import (
    Resources,
    Store,
    already_exists,
    listing,
    not_found,
    resource_arn,
)
from localcloud.sagemaker.control_plane.variant_rules import all_variants, check_variants
from localcloud.sagemaker.instances.offers import Offers, check_volume
from localcloud.sagemaker.instances.provisioning import types_of
from localcloud.sagemaker.storage.objects import S3Uri


@dataclass(frozen=True)
class _Kind:
    """Models and endpoint configurations differ in words only.

    Attributes:
        title: name in operations and members, as in `CreateModel` and `ModelName`.
        slug: name in ARNs.
        refused: paths of members refused as not emulated, each with what it would need.
    """

    title: str
    slug: str
    refused: Mapping[str, str]


MODEL = _Kind(
    "Model",
    "model",
    {
        "InferenceExecutionConfig": "several containers",
        "Containers.1": "several containers",
        "Containers.0.ModelPackageName": "a package in a list of containers",
        "PrimaryContainer.InferenceSpecificationName": "additional inference specifications",
        "PrimaryContainer.MultiModelConfig": "multi-model endpoints",
        "PrimaryContainer.AdditionalModelDataSources": "additional model data",
    },
)
CONFIG = _Kind(
    "EndpointConfig",
    "endpoint-config",
    {
        "ExplainerConfig": "explainability",
        **{
            f"ProductionVariants.*.{member}": feature
            for member, feature in {
                "ServerlessConfig": "serverless inference",
                "InstancePools.*.ModelNameOverride": "a model for each instance type",
                "AcceleratorType": "elastic inference",
            }.items()
        },
    },
)


class ModelsAndConfigs:
    """Keeps documents, and answers with them."""

    def __init__(self, store: Store, offers: Offers) -> None:
        self._store = store
        self._offers = offers

    def operations(self) -> dict[str, Operation]:
        """Return the operations by name."""
        return {
            "CreateModel": self._create_model,
            "CreateEndpointConfig": self._create_config,
            **self._reading(MODEL),
            **self._reading(CONFIG),
            "AddTags": self._add_tags,
            "ListTags": self._list_tags,
            "DeleteTags": self._delete_tags,
        }

    def _documents(self, kind: _Kind, scope: Scope) -> dict[str, Document]:
        resources = self._store[scope]
        return resources.models if kind is MODEL else resources.configs

    def _create(self, kind: _Kind, parameters: Document, scope: Scope) -> Document:
        name = parameters[f"{kind.title}Name"]
        documents = self._documents(kind, scope)
        if name in documents:
            raise already_exists(scope, kind.slug, name)
        for path, feature in kind.refused.items():
            if _find(parameters, path.split(".")):
                raise ServiceError(f"not emulated: {path} ({feature})")
        arn = resource_arn(scope, kind.slug, name)
        documents[name] = {**parameters, f"{kind.title}Arn": arn, "CreationTime": now()}
        tag(self._store[scope], arn, parameters)
        return {f"{kind.title}Arn": arn}

    async def _create_model(self, parameters: Document, scope: Scope) -> Document:
        containers = [parameters.get("PrimaryContainer"), *parameters.get("Containers", [])]
        if not any(containers):
            raise ServiceError("a model needs PrimaryContainer or Containers")
        for container in filter(None, containers):
            _check_container(container)
        role = parameters.get("ExecutionRoleArn", "")
        if role and not trusts(role, "sagemaker.amazonaws.com"):
            raise ServiceError(
                f"Could not assume role {role}. Please ensure that the role exists and allows "
                "principal 'sagemaker.amazonaws.com' to assume the role."
            )
        if package := parameters.get("PrimaryContainer", {}).get("ModelPackageName"):
            given = approved_container(self._store, scope, package)
            merged = {**given, **parameters["PrimaryContainer"]}
            parameters = {**parameters, "PrimaryContainer": merged}
        return self._create(MODEL, parameters, scope)

    async def _create_config(self, parameters: Document, scope: Scope) -> Document:
        check_variants(parameters)
        for variant in all_variants(parameters):
            self._check_types(variant, scope.region)
            model = variant.get("ModelName")
            if model and model not in self._store[scope].models:
                raise not_found(scope, "model", model)
        if "AsyncInferenceConfig" in parameters:
            if parameters.get("DataCaptureConfig", {}).get("EnableCapture"):
                raise ServiceError("not emulated: data capture of asynchronous endpoints")
            _check_async(parameters["AsyncInferenceConfig"]["OutputConfig"])
        _check_uri("DestinationS3Uri", parameters.get("DataCaptureConfig", {}))
        return self._create(CONFIG, parameters, scope)

    def _check_types(self, variant: Document, region: str) -> None:
        for kind in types_of(variant) if "ServerlessConfig" not in variant else ():
            self._offers.check_endpoint(kind, region)
            if "VolumeSizeInGB" in variant:
                check_volume(kind)

    def _reading(self, kind: _Kind) -> dict[str, Operation]:
        key = f"{kind.title}Name"

        def found(parameters: Document, scope: Scope) -> Document:
            document = self._documents(kind, scope).get(parameters[key])
            if document is None:
                raise not_found(scope, kind.slug, parameters[key])
            return document

        async def describe(parameters: Document, scope: Scope) -> Document:
            return found(parameters, scope)

        async def delete(parameters: Document, scope: Scope) -> Document:
            # What is deployed keeps its own copy: neither has to outlive its endpoint.
            document = found(parameters, scope)
            del self._documents(kind, scope)[parameters[key]]
            self._store[scope].tags.pop(document[f"{kind.title}Arn"], None)
            return {}

        async def list_all(parameters: Document, scope: Scope) -> Document:
            documents = self._documents(kind, scope).values()
            page, token = listing(documents, parameters, kind=kind.title)
            return {f"{kind.title}s": page, **token}

        return {
            f"Describe{kind.title}": describe,
            f"Delete{kind.title}": delete,
            f"List{kind.title}s": list_all,
        }

    async def _add_tags(self, parameters: Document, scope: Scope) -> Document:
        tags = self._tags(parameters, scope)
        tags.update({entry["Key"]: entry["Value"] for entry in parameters["Tags"]})
        return {"Tags": _tag_list(tags)}

    async def _list_tags(self, parameters: Document, scope: Scope) -> Document:
        return {"Tags": _tag_list(self._tags(parameters, scope))}

    async def _delete_tags(self, parameters: Document, scope: Scope) -> Document:
        tags = self._tags(parameters, scope)
        for key in parameters["TagKeys"]:
            tags.pop(key, None)
        return {}

    def _tags(self, parameters: Document, scope: Scope) -> dict[str, str]:
        arn = parameters["ResourceArn"]
        tags = self._store[scope].tags.get(arn)
        if tags is None:
            raise ServiceError(f'Could not find resource "{arn}".', code="ResourceNotFound")
        return tags


def tag(resources: Resources, arn: str, parameters: Document) -> None:
    """Begin to keep a resource's tags, with those it is created with."""
    resources.tags[arn] = {entry["Key"]: entry["Value"] for entry in parameters.get("Tags", [])}


def _tag_list(tags: Mapping[str, str]) -> list[Document]:
    return [{"Key": key, "Value": value} for key, value in tags.items()]


def _check_async(output: Document) -> None:
    if not output.get("S3OutputPath"):
        raise ServiceError("not emulated: AsyncInferenceConfig without OutputConfig.S3OutputPath")
    for member in ("S3OutputPath", "S3FailurePath"):
        _check_uri(member, output)


def _check_uri(member: str, given: Document) -> None:
    """Refuse an S3 URI of another form, if it is given."""
    if member in given:
        try:
            S3Uri.parse(given[member])
        except ValueError as error:
            raise ServiceError(f"{member}: {error}") from error


def _find(value: object, path: list[str]) -> bool:
    """Tell whether a document has a (true) member at a path; `*` is every item of a list."""
    if not path:
        return bool(value)
    head, *rest = path
    if isinstance(value, list):
        items = value if head == "*" else value[int(head) : int(head) + 1]
        return any(_find(item, rest) for item in items)
    return isinstance(value, dict) and _find(value.get(head), rest)


def _check_container(container: Document) -> None:
    if not container.get("Image") and not container.get("ModelPackageName"):
        raise ServiceError("a container needs Image or ModelPackageName")
    if container.get("Mode", "SingleModel") != "SingleModel":
        raise ServiceError(f"not emulated: container Mode {container['Mode']}")
    if container.get("ModelDataUrl") and container.get("ModelDataSource"):
        raise ServiceError("give ModelDataUrl or ModelDataSource, not both")
    source = container.get("ModelDataSource", {}).get("S3DataSource", {})
    if source.get("S3DataType") == "S3Prefix" and not source["S3Uri"].endswith("/"):
        raise ServiceError(f'an S3Prefix must end with "/", got "{source["S3Uri"]}"')
