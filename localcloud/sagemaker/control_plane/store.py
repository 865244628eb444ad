"""The resources that exist: models, configurations, endpoints, jobs, packages, and all tags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from localcloud.awsjson.service import Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.hosting.adapter_component import AdapterComponent
from localcloud.sagemaker.hosting.endpoint import Endpoint
from localcloud.sagemaker.hosting.inference_component import InferenceComponent
from localcloud.sagemaker.transform.job import TransformJob


@dataclass
class PackageGroup:
    """A group of model packages.

    Attributes:
        document: the group, as it is described.
        packages: the versions there are, by number.
        last_version: number of the last version made; a deleted one's is not given again.
        tokens: ARNs of versions by the ClientToken that they were made with.
        policy: the resource policy, JSON.
    """

    document: Document
    packages: dict[int, Document] = field(default_factory=dict)
    last_version: int = 0
    tokens: dict[str, str] = field(default_factory=dict)
    policy: str | None = None


@dataclass
class Resources:
    """The resources of an account in a region, by name.

    Attributes:
        tags: tags by the ARN of their resource; an entry exists exactly as long as the resource.
    """

    models: dict[str, Document] = field(default_factory=dict)
    configs: dict[str, Document] = field(default_factory=dict)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    components: dict[str, InferenceComponent] = field(default_factory=dict)
    adapters: dict[str, AdapterComponent] = field(default_factory=dict)
    jobs: dict[str, TransformJob] = field(default_factory=dict)
    package_groups: dict[str, PackageGroup] = field(default_factory=dict)
    tags: dict[str, dict[str, str]] = field(default_factory=dict)


class Store(defaultdict[Scope, Resources]):
    """Every account's and region's resources."""

    def __init__(self) -> None:
        super().__init__(Resources)


def resource_arn(scope: Scope, kind: str, name: str) -> str:
    """Build the ARN of a SageMaker resource, with the name in lower case."""
    return scope.arn("sagemaker", f"{kind}/{name.lower()}")


_KINDS = {
    "endpoint-config": "endpoint configuration",
    "inference-component": "inference component",
    "model-package-group": "model package group",
}


def not_found(scope: Scope, kind: str, name: str) -> ServiceError:
    """Return the service's error for a resource that does not exist."""
    arn = resource_arn(scope, kind, name)
    return ServiceError(f'Could not find {_KINDS.get(kind, kind)} "{arn}".')


def already_exists(scope: Scope, kind: str, name: str) -> ServiceError:
    """Return the service's error for a name that is taken."""
    arn = resource_arn(scope, kind, name)
    return ServiceError(f'Cannot create already existing {_KINDS.get(kind, kind)} "{arn}".')


def listing(
    documents: Iterable[Document],
    parameters: Document,
    *,
    kind: str,
    sort_by: str = "CreationTime",
    named: str = "",
) -> tuple[list[Document], Document]:
    """One page of a `List*` operation: filtered, sorted and cut as its parameters ask.

    Args:
        documents: With `<kind>Name`, `CreationTime` and where they have it `LastModifiedTime`
            and `<kind>Status`.
        parameters: The operation's: `NameContains`, `CreationTimeAfter`, `SortBy`, ...
        kind: `Model`, `EndpointConfig`, `Endpoint`, `InferenceComponent`, `TransformJob`,
            `ModelPackage` or `ModelPackageGroup`.
        sort_by: The operation's default for `SortBy`.
        named: What of them has the name, `Group` for versions; empty for themselves.

    Returns:
        The page, and `{"NextToken": ...}` when another follows.
    """
    name = f"{kind}{named}Name"
    fields = {"Name": name, "Status": f"{kind}Status", "CreationTime": "CreationTime"}
    key = fields[parameters.get("SortBy", sort_by)]
    found = [document for document in documents if _matches(document, parameters, kind, name)]
    found.sort(
        key=lambda document: document[key],
        reverse=parameters.get("SortOrder", "Descending") == "Descending",
    )
    start = int(parameters.get("NextToken", 0))
    end = start + parameters.get("MaxResults", 100)
    return found[start:end], {"NextToken": str(end)} if end < len(found) else {}


def _matches(document: Document, parameters: Document, kind: str, name: str) -> bool:
    if parameters.get("NameContains", "").lower() not in document[name].lower():
        return False
    if parameters.get("StatusEquals", document.get(f"{kind}Status")) != document.get(
        f"{kind}Status"
    ):
        return False
    return all(
        parameters.get(f"{moment}After", 0) <= document.get(moment, 0)
        and document.get(moment, 0) <= parameters.get(f"{moment}Before", float("inf"))
        for moment in ("CreationTime", "LastModifiedTime")
    )
