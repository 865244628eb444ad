"""What a synth leaves behind, and how tests look into it."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

Template = dict[str, Any]


@dataclass(frozen=True)
class Synthesized:
    """What the synth of one stage wrote."""

    assembly: Path
    serving: Template
    api: Template

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type, in both stacks."""
        found = [*self.serving["Resources"].values(), *self.api["Resources"].values()]
        return [resource["Properties"] for resource in found if resource["Type"] == kind]

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.properties(kind)
        return properties
