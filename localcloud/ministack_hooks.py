"""The one place that touches ministack's private names: an upgrade breaks here and nowhere else.

ministack 1.5.33 has no plugin interface. What it does have are plain registries (dictionaries of
CloudFormation types, of service modules and of routing patterns) that an extension in the same
process can add to. `tests/contract/` holds the names used here against the installed version.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, Protocol

import ministack.app as ministack_app
from ministack.core import router
from ministack.services.cloudformation import provisioners

Properties = dict[str, Any]
"""A resource's properties, intrinsic functions resolved; numbers may be strings."""

Response = tuple[int, dict[str, str], bytes]
"""Status, headers and body of an answer."""

ServiceHandler = Callable[[str, str, dict[str, str], bytes, dict[str, Any]], Awaitable[Response]]
"""`(method, path, headers, body, query) -> Response`; header names come in lower case."""


class Provisioner(Protocol):
    """Creates, updates and deletes one CloudFormation type.

    Called on a worker thread, so each method may block until the resource is stable. An
    exception's text becomes the resource's status reason and rolls the stack back.
    """

    def create(self, logical_id: str, properties: Properties, stack: str) -> tuple[str, Properties]:
        """Create the resource; return its physical id (`Ref`) and its `Fn::GetAtt` attributes."""

    def update(
        self, physical_id: str, old: Properties, new: Properties, stack: str
    ) -> tuple[str, Properties]:
        """Bring the resource from `old` to `new` properties in place."""

    def delete(self, physical_id: str, properties: Properties) -> None:
        """Delete the resource; deleting what is already gone is not an error."""


@dataclass(frozen=True, kw_only=True)
class ResourceType:
    """A CloudFormation type for ministack to provision."""

    name: str
    """As in a template, for example `AWS::SageMaker::Model`."""
    provisioner: Provisioner
    replacing: frozenset[str] = field(default_factory=frozenset)
    """Properties whose change needs a new resource ("Update requires: Replacement")."""


def register_resource_type(resource: ResourceType) -> None:
    """Let stacks use a CloudFormation type, in place of the one ministack has if it has one."""
    provisioner = resource.provisioner
    provisioners._RESOURCE_HANDLERS[resource.name] = {
        "create": provisioner.create,
        "update": provisioner.update,
        "delete": provisioner.delete,
    }
    provisioners._REPLACING_PROPERTIES[resource.name] = resource.replacing


def register_service(
    name: str, *, target_prefix: str, host_pattern: str, handle: ServiceHandler
) -> None:
    """Route a service's control plane to `handle`.

    Args:
        name: The service's signing name, for example `sagemaker`.
        target_prefix: Start of its `X-Amz-Target` header, for example `SageMaker.`.
        host_pattern: Regular expression of its host names.
        handle: Answers the requests.
    """
    module = f"{name.replace('-', '_')}_extension"
    ministack_app._loaded_modules[module] = SimpleNamespace(
        handle_request=handle, reset=lambda: None, get_state=lambda: None
    )
    ministack_app.SERVICE_REGISTRY[name] = {"module": module}
    ministack_app.SERVICE_HANDLERS[name] = ministack_app._lazy_handler(module)
    router.SERVICE_PATTERNS[name] = {
        "target_prefixes": [target_prefix],
        "host_patterns": [host_pattern],
    }


app = ministack_app.app
"""ministack's ASGI application."""


def version() -> str:
    """Tell the installed version of ministack."""
    number: str = ministack_app._version()
    return number


def services() -> list[str]:
    """The names of the services that answer."""
    return sorted(ministack_app.SERVICE_HANDLERS)


def physical_name(stack: str, logical_id: str, *, longest: int = 63) -> str:
    """The name CloudFormation generates for a resource whose template gives none."""
    name: str = provisioners._physical_name(stack, logical_id, max_len=longest)
    return name


def set_request_scope(headers: Mapping[str, str]) -> None:
    """Take the request's account and region from its signature, as ministack's own routing does."""
    signed = dict(headers)
    if key := router.extract_access_key_id(signed, {}):
        ministack_app.set_request_account_id(key)
    ministack_app.set_request_region(router.extract_region(signed, {}))
