"""Groups and versions found by the names that requests give them."""

from __future__ import annotations

from localcloud.awsjson.service import Scope, ServiceError
from localcloud.awsjson.shapes import Document
from localcloud.sagemaker.control_plane.store import PackageGroup, Store, not_found

GROUP = "model-package-group"
"""Kind of a group, as ARNs spell it."""


def found_group(store: Store, scope: Scope, name_or_arn: str) -> PackageGroup:
    """Return a group by its name or ARN.

    Raises:
        ServiceError: There is none.
    """
    name = name_or_arn.rpartition("/")[2]
    # An ARN has the name in lower case.
    for found, group in store[scope].package_groups.items():
        if found.lower() == name.lower():
            return group
    raise not_found(scope, GROUP, name)


def found_package(store: Store, scope: Scope, arn: str) -> Document:
    """Return a version by its ARN.

    Raises:
        ServiceError: There is none.
    """
    *_, name, version = f"//{arn}".split("/")
    if version.isdecimal() and name:
        package = found_group(store, scope, name).packages.get(int(version))
        if package is not None:
            return package
    raise ServiceError(f"ModelPackage {arn} does not exist.")


def approved_container(store: Store, scope: Scope, arn: str) -> Document:
    """Return the container of a version, for a model that names the version.

    Raises:
        ServiceError: There is no such version, it is not approved, or has no container.
    """
    package = found_package(store, scope, arn)
    if package["ModelApprovalStatus"] != "Approved":
        raise ServiceError(
            f"Cannot create Model from Model Package with ModelApprovalStatus "
            f"{package['ModelApprovalStatus']}: {arn}"
        )
    containers = package.get("InferenceSpecification", {}).get("Containers", [])
    if len(containers) != 1:
        raise ServiceError(f"not emulated: a model package with {len(containers)} containers")
    return dict(containers[0])
