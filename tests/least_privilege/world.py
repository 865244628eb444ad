"""A deployed stage as scenarios use it: its clients, its operator's view, and their patience."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar
from uuid import uuid4

from openai import OpenAI

from tests.support.eventually import LONG, poll
from tests.support.webhook_receiver import WebhookReceiver
from twin.local.cloud import LocalCloud
from twin.local.deployment import LocalDeployment

QUESTION = "What is an endpoint config?"
CHAT = "/v1/chat/completions"

T = TypeVar("T")


@dataclass(frozen=True)
class World:
    """A deployed stage, and who uses it.

    Attributes:
        deployment: What was deployed, and where.
        patience: Longest wait for what another function brings about, in seconds.
        clients: Clients by service: making one takes longer than most requests.
    """

    deployment: LocalDeployment
    client: OpenAI
    model: str
    webhooks: WebhookReceiver
    patience: float = LONG
    clients: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def cloud(self) -> LocalCloud:
        """The local cloud that the stage is in."""
        return self.deployment.cloud

    @property
    def prefix(self) -> str:
        """Start of the names of the stage's resources: others may stand in the same cloud."""
        return f"twin-{self.deployment.stage}-"

    def wait(self, look: Callable[[], T], done: Callable[[T], bool]) -> T:
        """Look until what is found is done.

        Raises:
            AssertionError: It is not within the patience.
        """
        return poll(look, done, self.patience)

    def aws(self, service: str) -> Any:
        """Return a client of the local cloud, as an operator has it."""
        if service not in self.clients:
            origin = self.cloud.settings.origin
            self.clients[service] = self.cloud.session.client(service, endpoint_url=origin)
        return self.clients[service]

    def function(self, handler: str, stack: str = "") -> str:
        """Find the function with a handler in the stack `serving`, `api` and so on; else in any."""
        pages = self.aws("lambda").get_paginator("list_functions").paginate()
        (name,) = [
            one["FunctionName"]
            for page in pages
            for one in page["Functions"]
            if handler in one["Handler"] and one["FunctionName"].startswith(f"{self.prefix}{stack}")
        ]
        return str(name)

    def invoke(self, function: str, event: Any = None) -> None:
        """Call a function, and wait for its end.

        Raises:
            AssertionError: It fails.
        """
        payload = json.dumps(event or {}).encode()
        answer = self.aws("lambda").invoke(FunctionName=function, Payload=payload)
        assert "FunctionError" not in answer, answer["Payload"].read()

    def restart_functions(self, role: str) -> None:
        """Have the functions of a role begin anew: a changed configuration ends what runs.

        The timeout, though the same, is what the emulated Lambda ends its workers for.
        """
        functions, change = self.aws("lambda"), uuid4().hex
        for page in functions.get_paginator("list_functions").paginate():
            for function in page["Functions"]:
                if function["Role"].endswith(f"/{role}"):
                    name = function["FunctionName"]
                    functions.update_function_configuration(
                        FunctionName=name, Description=change, Timeout=function["Timeout"]
                    )

    def endpoints(self) -> list[str]:
        """Name the stage's endpoints."""
        found = self.aws("sagemaker").list_endpoints()["Endpoints"]
        names = [endpoint["EndpointName"] for endpoint in found]
        return [name for name in names if f"{name}-".startswith(self.prefix)]

    def machines(self) -> list[str]:
        """Name the stage's state machines, by their ARNs."""
        found = self.aws("stepfunctions").list_state_machines()["stateMachines"]
        return [one["stateMachineArn"] for one in found if one["name"].startswith(self.prefix)]

    def bucket(self, part: str) -> str:
        """Name the stage's bucket with a part in its name."""
        buckets = self.aws("s3").list_buckets()["Buckets"]
        names = [one["Name"] for one in buckets]
        (name,) = [name for name in names if name.startswith(self.prefix) and part in name]
        return str(name)

    def answer(self) -> Any:
        """Ask the model."""
        return self.client.chat.completions.create(
            model=self.model, messages=[{"role": "user", "content": QUESTION}], max_tokens=4
        )

    def response(self, **how: Any) -> Any:
        """Ask for a response."""
        fields = {"input": QUESTION, "temperature": 0, **how}
        return self.client.responses.create(model=self.model, **fields)

    def settled(self, response: Any) -> Any:
        """Wait for the end of a background response."""
        return self.wait(
            lambda: self.client.responses.retrieve(response.id),
            lambda found: found.status not in {"queued", "in_progress"},
        )

    def log_group(self, function: str) -> str:
        """Name the log group of a function."""
        config = self.aws("lambda").get_function_configuration(FunctionName=function)
        return str(config["LoggingConfig"]["LogGroup"])
