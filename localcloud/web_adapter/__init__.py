"""AWS's Lambda Web Adapter on this machine: functions that are web servers, with streamed answers.

https://awslabs.github.io/aws-lambda-web-adapter/

Decisions: 0051, functions run on a bare interpreter; 0052, API Gateway around ministack.
"""

from __future__ import annotations

from localcloud.web_adapter.adapter import Invocation, WebAdapter
from localcloud.web_adapter.environment import NotEmulatedError
from localcloud.web_adapter.function_server import InitError

__all__ = ["InitError", "Invocation", "NotEmulatedError", "WebAdapter"]
