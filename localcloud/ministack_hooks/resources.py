"""CloudFormation: types for ministack's stacks to provision."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

from ministack.services.cloudformation import provisioners, stacks

from localcloud.ministack_hooks.patching import wrap

Properties = dict[str, Any]
"""A resource's properties, intrinsic functions resolved; numbers may be strings."""


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
    """A CloudFormation type for ministack to provision.

    Attributes:
        name: as in a template, for example `AWS::SageMaker::Model`.
        replacing: properties whose change needs a new resource ("Update requires: Replacement").
    """

    name: str
    provisioner: Provisioner
    replacing: frozenset[str] = field(default_factory=frozenset)


def register_resource_type(resource: ResourceType) -> None:
    """Let stacks use a CloudFormation type, in place of ministack's own if there is any."""
    provisioner = resource.provisioner
    provisioners._RESOURCE_HANDLERS[resource.name] = {
        "create": provisioner.create,
        "update": provisioner.update,
        "delete": provisioner.delete,
    }
    provisioners._REPLACING_PROPERTIES[resource.name] = resource.replacing
    wrap(stacks, "_runs_on_worker_thread", partial(_may_block, resource.name))


def _may_block(ours: str, original: Callable[[str], bool], kind: str) -> bool:
    return kind == ours or original(kind)


def physical_name(stack: str, logical_id: str, *, longest: int = 63) -> str:
    """Generate a name as CloudFormation does for a resource whose template gives none."""
    name: str = provisioners._physical_name(stack, logical_id, max_len=longest)
    return name
