"""Registrations: scalable targets, their policies and their scheduled actions."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field
from typing import NamedTuple

from localcloud.awsjson.service import Scope
from localcloud.awsjson.shapes import Document

MOST_ACTIVITIES = 1000
"""Scaling activities remembered."""

VARIANT_COUNT = "sagemaker:variant:DesiredInstanceCount"
COPY_COUNT = "sagemaker:inference-component:DesiredCopyCount"


class TargetKey(NamedTuple):
    """The identity of a scalable target within an account and region."""

    namespace: str
    resource: str
    dimension: str

    @classmethod
    def of(cls, parameters: Document) -> TargetKey:
        """Read it from an operation's parameters."""
        return cls(*(parameters.get(name, "") for name in cls.members()))

    @staticmethod
    def members() -> tuple[str, str, str]:
        """Return the names of the parameters that make a key."""
        return "ServiceNamespace", "ResourceId", "ScalableDimension"


class ItemKey(NamedTuple):
    """The identity of a policy or a scheduled action."""

    target: TargetKey
    name: str


@dataclass
class Registrations:
    """The registrations of an account in a region.

    Attributes:
        activities: scaling activities, the newest first.
        tags: tags by the ARN of a scalable target.
    """

    targets: dict[TargetKey, Document] = field(default_factory=dict)
    policies: dict[ItemKey, Document] = field(default_factory=dict)
    actions: dict[ItemKey, Document] = field(default_factory=dict)
    activities: deque[Document] = field(default_factory=lambda: deque(maxlen=MOST_ACTIVITIES))
    tags: dict[str, dict[str, str]] = field(default_factory=dict)

    def deregister(self, key: TargetKey) -> None:
        """Forget a target, with its policies and scheduled actions."""
        target = self.targets.pop(key)
        self.tags.pop(target["ScalableTargetARN"], None)
        for items in (self.policies, self.actions):
            for item in [item for item in items if item.target == key]:
                del items[item]


class Registry(defaultdict[Scope, Registrations]):
    """Every account's and region's registrations."""

    def __init__(self) -> None:
        super().__init__(Registrations)

    def registered(self, scope: Scope, endpoint: str) -> set[str]:
        """Names of an endpoint's variants whose instance count is a scalable target."""
        return {key.resource.rpartition("/")[2] for key in self._variants(scope, endpoint)}

    def forget(self, scope: Scope, endpoint: str) -> None:
        """Deregister an endpoint's variants, as deleting the endpoint does."""
        for key in self._variants(scope, endpoint):
            self[scope].deregister(key)

    def forget_component(self, scope: Scope, component: str) -> None:
        """Deregister an inference component, as deleting it does."""
        key = TargetKey("sagemaker", f"inference-component/{component}", COPY_COUNT)
        if key in self[scope].targets:
            self[scope].deregister(key)

    def _variants(self, scope: Scope, endpoint: str) -> list[TargetKey]:
        prefix = f"endpoint/{endpoint}/variant/"
        return [
            key
            for key in self[scope].targets
            if key.dimension == VARIANT_COUNT and key.resource.startswith(prefix)
        ]
