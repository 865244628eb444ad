"""Policies as the emulated IAM holds them, cut into grants, and what of them was used."""

from __future__ import annotations

import copy
import json
import re
import urllib.request
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from localcloud.settings import IAM_PATH
from twin.local.cloud import LocalCloud

_REGISTRY = "twin-registry-"
"""Start of the names of what all stages share."""


@dataclass(frozen=True)
class Call:
    """A call of a role of the stage that IAM was asked about."""

    role: str
    action: str
    resource: str
    allowed: bool


@dataclass(frozen=True)
class Grant:
    """One action of one statement of a role's policy.

    Attributes:
        stack: Which of its stage's stacks the role is of: `serving`, `api` and so on.
        statement: Position in the policy.
    """

    stack: str
    role: str
    policy: str
    statement: int
    action: str
    resources: tuple[str, ...]

    @property
    def log_group(self) -> str:
        """The log group that it is about; nothing where it is about none, or about all."""
        about_logs = self.action.startswith("logs:") and ":log-group:" in self.resources[0]
        return self.resources[0].split(":")[6] if about_logs else ""

    @property
    def holder(self) -> str:
        """Its stack and its policy, without what is made up: as a role's name is, and not these."""
        policy = re.sub(r"(DefaultPolicy)?[0-9A-F]{8}$", "", self.policy)
        return f"{self.stack} {policy}"

    @property
    def key(self) -> str:
        """Its name in every deployment."""
        return f"{self.holder} {self.statement} {self.action}"

    @cached_property
    def _patterns(self) -> list[re.Pattern[str]]:
        wild = [re.escape(one).replace(r"\*", ".*").replace(r"\?", ".") for one in self.resources]
        return [re.compile(pattern) for pattern in wild]

    @cached_property
    def _named(self) -> set[str]:
        """Its resources, without the stage's name, and without what CloudFormation makes up."""
        stage = re.compile(rf"(?<=\btwin[-/]){self.role.split('-')[1]}\b")
        return {re.sub(r"(?i)-[0-9a-f]{13}\b", "", stage.sub("", one)) for one in self.resources}

    def is_as(self, other: Grant) -> bool:
        """Tell whether another stage's right is the same, or the same and more."""
        same = (self.holder, self.action) == (other.holder, other.action)
        return same and self._named <= other._named

    def covers(self, call: Call) -> bool:
        """Tell whether a call takes it."""
        return (
            call.role == self.role
            and call.action == self.action
            and any(pattern.fullmatch(call.resource) for pattern in self._patterns)
        )


def calls(cloud: LocalCloud, stage: str) -> set[Call]:
    """Return the calls that roles of a stage made since the record began."""
    with urllib.request.urlopen(f"{cloud.settings.origin}{IAM_PATH}") as answer:
        found = json.load(answer)
    return {
        Call(role, one["action"], one["resource"], one["allowed"])
        for one in found
        if ":assumed-role/" in one["principal"]
        and (role := one["principal"].split("/")[1]).startswith((stage, _REGISTRY))
    }


def forget_calls(cloud: LocalCloud) -> None:
    """Begin a new record."""
    request = urllib.request.Request(f"{cloud.settings.origin}{IAM_PATH}", method="DELETE")
    urllib.request.urlopen(request).close()


def used(grants: Iterable[Grant], made: Iterable[Call]) -> list[Grant]:
    """List the grants that calls needed and had."""
    allowed = [call for call in made if call.allowed]
    return [grant for grant in grants if any(grant.covers(call) for call in allowed)]


class Policies:
    """The inline policies of a stage's roles."""

    def __init__(self, cloud: LocalCloud, stage: str) -> None:
        self._stage = stage
        self._iam = cloud.session.client("iam", endpoint_url=cloud.settings.origin)

    def grants(self) -> list[Grant]:
        """List every action of every statement of every role."""
        return [
            Grant(
                self._stack(role),
                role,
                policy,
                number,
                action,
                tuple(_listed(statement["Resource"])),
            )
            for role in self._roles()
            for policy in self._iam.list_role_policies(RoleName=role)["PolicyNames"]
            for number, statement in enumerate(self._document(role, policy)["Statement"])
            for action in _listed(statement["Action"])
        ]

    @contextmanager
    def without(self, grants: Sequence[Grant]) -> Iterator[None]:
        """Take grants out of their policies while the block runs."""
        of_policy = defaultdict(list)
        for grant in grants:
            of_policy[grant.role, grant.policy].append(grant)
        before = {policy: self._document(*policy) for policy in of_policy}
        try:
            for policy, gone in of_policy.items():
                self._put(*policy, _reduced(before[policy], gone))
            yield
        finally:
            for policy, document in before.items():
                self._put(*policy, document)

    def _put(self, role: str, policy: str, document: dict[str, Any]) -> None:
        self._iam.put_role_policy(
            RoleName=role, PolicyName=policy, PolicyDocument=json.dumps(document)
        )

    def _roles(self) -> Iterator[str]:
        pages = self._iam.get_paginator("list_roles").paginate()
        return (
            role["RoleName"]
            for page in pages
            for role in page["Roles"]
            if role["RoleName"].startswith((self._stage, _REGISTRY))
        )

    def _stack(self, role: str) -> str:
        return role.removeprefix(self._stage).removeprefix("twin-").partition("-")[0]

    def _document(self, role: str, policy: str) -> dict[str, Any]:
        answer = self._iam.get_role_policy(RoleName=role, PolicyName=policy)
        document = answer["PolicyDocument"]
        found: dict[str, Any] = json.loads(document) if isinstance(document, str) else document
        return found


def _reduced(document: dict[str, Any], gone: Iterable[Grant]) -> dict[str, Any]:
    reduced = copy.deepcopy(document)
    for grant in gone:
        statement = reduced["Statement"][grant.statement]
        rest = [action for action in _listed(statement["Action"]) if action != grant.action]
        # A policy without statements is refused, and one that names nobody's resource is harmless.
        statement.update({"Action": rest} if rest else {"Resource": ["arn:aws:s3:::nobody"]})
    return reduced


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
