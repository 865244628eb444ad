"""What a synth leaves behind, and how tests look into it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Template:
    """The template of one stack."""

    raw: dict[str, Any]

    @property
    def outputs(self) -> dict[str, Any]:
        outputs: dict[str, Any] = self.raw.get("Outputs", {})
        return outputs

    def resources(self, kind: str) -> dict[str, dict[str, Any]]:
        """Logical id -> resource, of every resource of a type."""
        found: dict[str, dict[str, Any]] = self.raw["Resources"]
        return {name: resource for name, resource in found.items() if resource["Type"] == kind}

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type."""
        return [resource.get("Properties", {}) for resource in self.resources(kind).values()]

    def only(self, kind: str) -> dict[str, Any]:
        """The properties of the one resource of a type."""
        (properties,) = self.properties(kind)
        return properties

    def function(self, handler: str) -> dict[str, Any]:
        """The properties of the function with a handler."""
        (found,) = [f for f in self.properties("AWS::Lambda::Function") if f["Handler"] == handler]
        return found

    def scheduled(self, handler: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The rule that runs the function with a handler, and how its invocations are retried."""
        functions = self.resources("AWS::Lambda::Function")
        (name,) = [n for n, f in functions.items() if f["Properties"]["Handler"] == handler]
        (rule,) = [
            rule
            for rule in self.properties("AWS::Events::Rule")
            if {"Fn::GetAtt": [name, "Arn"]} in [target["Arn"] for target in rule["Targets"]]
        ]
        (config,) = [
            config
            for config in self.properties("AWS::Lambda::EventInvokeConfig")
            if config["FunctionName"] == {"Ref": name}
        ]
        return rule, config

    def methods(self) -> dict[tuple[str, str], dict[str, Any]]:
        """(verb, path) -> the properties of the REST API's method."""
        resources = self.resources("AWS::ApiGateway::Resource")

        def path(reference: dict[str, Any]) -> str:
            if "Ref" not in reference:
                return ""
            properties = resources[reference["Ref"]]["Properties"]
            return f"{path(properties['ParentId'])}/{properties['PathPart']}"

        return {
            (method["HttpMethod"], path(method["ResourceId"])): method
            for method in self.properties("AWS::ApiGateway::Method")
        }

    def environment(self, handler: str) -> dict[str, str]:
        """What the function with a handler reads, with references replaced by "resolved"."""
        variables = self.function(handler)["Environment"]["Variables"]
        return {name: v if isinstance(v, str) else "resolved" for name, v in variables.items()}

    def statements(self) -> list[dict[str, Any]]:
        """Every statement of every role's policies."""
        policies = self.properties("AWS::IAM::Policy")
        return [s for policy in policies for s in policy["PolicyDocument"]["Statement"]]

    def rights(self, role: str) -> set[tuple[str, str]]:
        """(action, end of the resource) that policies allow a role, given by its logical id."""
        return {
            (action, _end(resource))
            for policy in self.properties("AWS::IAM::Policy")
            if {"Ref": role} in policy["Roles"]
            for statement in policy["PolicyDocument"]["Statement"]
            for action in _listed(statement["Action"])
            for resource in _listed(statement["Resource"])
        }


@dataclass(frozen=True)
class Synthesized:
    """What the synth of one stage wrote: a template per stack, by the name config gives it."""

    assembly: Path
    stacks: dict[str, Template]

    @classmethod
    def read(cls, assembly: Path, prefix: str) -> Synthesized:
        files = [*assembly.glob(f"{prefix}*.template.json")]
        stacks = {
            path.name.removeprefix(prefix).removesuffix(".template.json"): Template(
                json.loads(path.read_text())
            )
            for path in files
        }
        registry = assembly / f"{prefix.partition('-')[0]}-registry.template.json"
        if registry.exists():  # which all stages share
            stacks["registry"] = Template(json.loads(registry.read_text()))
        return cls(assembly, stacks)

    @property
    def serving(self) -> Template:
        return self.stacks["serving"]

    @property
    def api(self) -> Template:
        return self.stacks["api"]

    @property
    def asynchronous(self) -> Template:
        return self.stacks["async"]

    @property
    def batch(self) -> Template:
        return self.stacks["batch"]

    def properties(self, kind: str) -> list[dict[str, Any]]:
        """The properties of every resource of a type, in all stacks."""
        return [p for template in self.stacks.values() for p in template.properties(kind)]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _end(resource: Any) -> str:
    """The literal end of an ARN, from its last colon or reference on."""
    match resource:
        case str():
            return resource.rpartition(":")[2]
        case {"Fn::Join": [_, parts]}:
            return _end(parts[-1])
        case {"Ref": name} | {"Fn::GetAtt": [name, *_]} | {"Fn::ImportValue": name}:
            return f"<{name}>"
    return str(resource)
